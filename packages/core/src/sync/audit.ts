import { setTimeout as sleep } from "node:timers/promises";
import type { Clients } from "../clients.ts";
import { assertSameAccount, type Failure, getObject, type ObjectName, objects } from "../mirror/index.ts";
import { fetchAsOf, isMissing, read } from "../stripe/index.ts";
import { dataOf } from "../supabase/index.ts";
import { addComparisons, type Comparison, compare, type Difference, goneAsOf, type Shown } from "./compare.ts";
import { createLimiter, type Limits } from "./limiter.ts";
import { look } from "./look.ts";
import { type Reader, readStep } from "./page.ts";
import { publicOf } from "./personal.ts";
import type { Range } from "./range.ts";

export interface Auditing extends Partial<Limits> {
  /** Which kinds; all, when it is not said. */
  only?: ObjectName[] | undefined;
  signal?: AbortSignal | undefined;
  /** After each page. */
  onProgress?: ((page: { object: ObjectName; objects: number; differing: number }) => void) | undefined;
  /** After each of those that differ, which are looked at once more, one by one: that may take minutes. */
  onLookedAgain?: ((kind: { object: ObjectName; looked: number; of: number }) => void) | undefined;
  /** What differs may be on its way in an event: it is looked at once more after this. */
  lookAgainAfterMs?: number;
}

export interface Audit {
  /** On Stripe's clock: when the reading began. */
  asOf: string;
  /** Nothing differs, and everything could be compared. */
  equal: boolean;
  objects: AuditedKind[];
}

export interface AuditedKind {
  object: ObjectName;
  objects: number;
  /** How many of them the mirror shows as Stripe does. */
  equal: number;
  stripeDigest: string;
  mirrorDigest: string;
  /** The first thousand. */
  differing: AuditedDifference[];
  /** What could not be read, so that nothing can be said of it. */
  failures: Failure[];
}

export interface AuditedDifference {
  id: string;
  /** `missing`: the mirror has no such row. `extra`: Stripe has no such object. */
  kind: "missing" | "extra" | "differs";
  /** Both values; of what is personal, only that they differ. */
  columns: { column: string; stripe: unknown; mirror: unknown }[];
}

/** Most of what Stripe allows is left to customers and to the reading. */
export const AUDIT_LIMITS: Limits = { perSecond: 20, perEndpoint: 10 };

const LOOK_AGAIN_MS = 3_000;
/** More than this is no matter of events on their way; nor of test clocks, which only test mode has: its lists leave out what is on one. */
const MOST_AGAIN = { live: 200, test: Number.POSITIVE_INFINITY };
const MOST_NAMED = 1_000;
const IDS_AT_ONCE = 1_000;

/**
 * Reads all that Stripe holds and compares it with the mirror, both ways. Nothing is written.
 * @throws OtherAccountError; what Stripe answers
 */
export async function auditAccount(clients: Clients, auditing: Auditing = {}): Promise<Audit> {
  await assertSameAccount(clients);
  const { asOf } = await fetchAsOf(() => read(clients.stripe, "/v1/account"));
  const { perSecond, perEndpoint } = { ...AUDIT_LIMITS, ...auditing };
  const limiter = createLimiter({ perSecond, perEndpoint });
  const reader = { ...clients, limiter, isOver: () => auditing.signal?.aborted ?? false };
  const names = (Object.keys(objects) as ObjectName[]).filter((name) => auditing.only?.includes(name) ?? true);
  const kinds = await Promise.all(names.map((name) => new KindAudit(reader, name, auditing, asOf).run()));
  const equal = kinds.every(({ objects, equal, failures }) => objects === equal && failures.length === 0);
  return { asOf, equal, objects: kinds };
}

class KindAudit {
  readonly #reader: Reader;
  readonly #name: ObjectName;
  readonly #auditing: Auditing;
  readonly #asOf: string;
  readonly #seen = new Set<string>();
  readonly #again = new Set<string>();
  readonly #mostAgain: number;
  #sum = addComparisons([]);

  constructor(reader: Reader, name: ObjectName, auditing: Auditing, asOf: string) {
    this.#reader = reader;
    this.#name = name;
    this.#auditing = auditing;
    this.#asOf = asOf;
    this.#mostAgain = MOST_AGAIN[reader.stripe.livemode ? "live" : "test"];
  }

  async run(): Promise<AuditedKind> {
    await this.#readStripe();
    await this.#readMirror();
    if (this.#again.size > 0) await this.#lookAgain();
    const { objects, stripeDigest, mirrorDigest, failures } = this.#sum;
    const differing = this.#sum.differing.filter(isDifferent);
    return {
      object: this.#name,
      objects,
      equal: objects - differing.length,
      stripeDigest,
      mirrorDigest,
      differing: differing.slice(0, MOST_NAMED).map(publicOf),
      failures,
    };
  }

  async #readStripe(): Promise<void> {
    const { listed } = getObject(this.#name);
    if (listed.by === "created") return this.#readRange(null);
    if (!((await listed.isUsed?.(this.#reader.stripe)) ?? true)) return;
    for await (const customers of this.#listMirrored("customer")) await this.#readRange(customers);
  }

  async #readRange(customers: string[] | null): Promise<void> {
    const from = { created_from: null, created_to: null, after: null, reached: null };
    let range: Range | undefined = { id: 0, object: this.#name, customers, ...from };
    while (range) range = await this.#readPage(range);
  }

  async #readPage(range: Range): Promise<Range | undefined> {
    this.#auditing.signal?.throwIfAborted();
    try {
      const step = await readStep(this.#reader, range);
      // A list that grows meanwhile shows some twice.
      const fresh = step.changes.filter(({ object_id }) => !this.#seen.has(object_id as string));
      for (const { object_id } of fresh) this.#seen.add(object_id as string);
      for (const { id } of step.failures) this.#seen.add(id);
      await this.#add(fresh, step.failures);
      return step.ended ? undefined : { ...range, after: step.after, reached: step.reached };
    } catch (error) {
      if (!isMissing(error) || !range.after || !range.reached) throw error;
      // The object after which the page should begin is gone: what was created in its second is read again.
      return { ...range, after: null, created_to: new Date(Date.parse(range.reached) + 1000).toISOString() };
    }
  }

  /** Looks for rows that no page showed. */
  async #readMirror(): Promise<void> {
    for await (const ids of this.#listMirrored(this.#name)) {
      const unseen = ids.filter((id) => !this.#seen.has(id));
      const looked = unseen.splice(0, this.#mostAgain - this.#again.size);
      for (const id of looked) this.#again.add(id);
      if (unseen.length > 0) await this.#add(unseen.map((id) => goneAsOf(this.#name, id, this.#asOf)));
    }
  }

  async *#listMirrored(object: ObjectName): AsyncGenerator<string[]> {
    for (let after: string | undefined = ""; after !== undefined; ) {
      this.#auditing.signal?.throwIfAborted();
      const asked = { object, after, most: IDS_AT_ONCE };
      const ids: string[] = dataOf(await this.#reader.supabase.rpc("list_mirrored_ids", asked));
      if (ids.length > 0) yield ids;
      after = ids.length === IDS_AT_ONCE ? ids.at(-1) : undefined;
    }
  }

  async #add(shown: Shown[], failures: Failure[] = []): Promise<void> {
    let part = await compare(this.#reader, shown);
    const differing = part.differing.length;
    if (differing > 0 && this.#again.size + differing <= this.#mostAgain) {
      const again = new Set(part.differing.map(({ id }) => id));
      for (const id of again) this.#again.add(id);
      part = await compare(
        this.#reader,
        shown.filter(({ object_id }) => !again.has(object_id as string)),
      );
    }
    this.#sum = addComparisons([this.#sum, part, { ...addComparisons([]), failures }]);
    this.#auditing.onProgress?.({ object: this.#name, objects: shown.length, differing });
  }

  async #lookAgain(): Promise<void> {
    const { lookAgainAfterMs = LOOK_AGAIN_MS, signal, onLookedAgain } = this.#auditing;
    await sleep(lookAgainAfterMs, undefined, { signal });
    let looked = 0;
    for (const id of this.#again) {
      signal?.throwIfAborted();
      const { shown, failures } = await look(this.#reader, this.#name, id);
      const part: Comparison = await compare(this.#reader, shown);
      this.#sum = addComparisons([this.#sum, part, { ...addComparisons([]), failures }]);
      onLookedAgain?.({ object: this.#name, looked: ++looked, of: this.#again.size });
    }
  }
}

type Different = Difference & { kind: AuditedDifference["kind"] };
const isDifferent = (difference: Difference): difference is Different => difference.kind !== "newer";
