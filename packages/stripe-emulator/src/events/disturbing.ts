import type { DeliveryRow } from "../state/rows.ts";
import type { Store } from "../state/store.ts";
import { type Faults, WEBHOOK_FAULTS } from "./faults.ts";

/** Longer than any test waits: until the last of them has come. */
const HELD_MS = 3_600_000;

/** Does to new deliveries what the switched-on faults say. */
export class Disturbance {
  readonly #store: Store;
  readonly #faults: Faults;
  readonly #held: string[] = [];
  readonly #forged = new Set<string>();
  /** Of those that were put in another order: the one that goes before each. */
  readonly #before = new Map<string, string>();

  constructor(store: Store, faults: Faults) {
    this.#store = store;
    this.#faults = faults;
  }

  /** The deliveries to make in place of this one. */
  apply(delivery: DeliveryRow): DeliveryRow[] {
    const { deliveries, events } = this.#store;
    const fault = this.#faults.take(WEBHOOK_FAULTS, events.get(delivery.event).type);
    if (!fault) return [delivery];
    if (fault.kind === "drop") {
      deliveries.put({ ...delivery, status: "failed", nextAttemptAt: null });
      return [];
    }
    if (fault.kind === "duplicate") return [delivery, deliveries.put({ ...delivery, id: `${delivery.id}_again` })];
    if (fault.kind === "delay") return [deliveries.put({ ...delivery, nextAttemptAt: Date.now() + fault.ms })];
    if (fault.kind === "wrong_signature") {
      this.#forged.add(delivery.id);
      return [delivery];
    }
    this.#held.push(delivery.id);
    const held = deliveries.put({ ...delivery, nextAttemptAt: Date.now() + HELD_MS });
    if (fault.times === 0) this.#release();
    return [deliveries.find(held.id) ?? held];
  }

  /** Whether the next attempt is to be signed with a secret that nobody knows. */
  forges(id: string): boolean {
    return this.#forged.delete(id);
  }

  /** The delivery whose first attempt must be over before this one's begins. */
  before(id: string): string | undefined {
    return this.#before.get(id);
  }

  /** The last one goes first. */
  #release(): void {
    const { deliveries } = this.#store;
    const ids = this.#held.splice(0).reverse();
    for (const [index, id] of ids.entries()) {
      const delivery = deliveries.find(id);
      if (delivery) deliveries.put({ ...delivery, nextAttemptAt: Date.now() });
      const earlier = ids[index - 1];
      if (earlier !== undefined) this.#before.set(id, earlier);
    }
  }
}
