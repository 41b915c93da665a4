import type { DeliveryRow } from "../state/rows.ts";

/** Which endpoints still have to take each event: what `pending_webhooks` counts, however often an event is sent. */
export class Owed {
  readonly #endpoints = new Map<string, Set<string>>();

  /** Begins anew with all deliveries there are. */
  reload(deliveries: readonly DeliveryRow[]): void {
    this.#endpoints.clear();
    for (const delivery of deliveries) this.add(delivery);
    for (const delivery of deliveries) if (delivery.status === "delivered") this.settle(delivery);
  }

  add({ event, endpoint }: DeliveryRow): void {
    const endpoints = this.#endpoints.get(event);
    if (endpoints) endpoints.add(endpoint);
    else this.#endpoints.set(event, new Set([endpoint]));
  }

  /** The endpoint has taken it. */
  settle({ event, endpoint }: DeliveryRow): void {
    const endpoints = this.#endpoints.get(event);
    if (endpoints?.delete(endpoint) && endpoints.size === 0) this.#endpoints.delete(event);
  }

  count(event: string): number {
    return this.#endpoints.get(event)?.size ?? 0;
  }
}
