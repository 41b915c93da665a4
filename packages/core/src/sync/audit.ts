import { setTimeout as sleep } from "node:timers/promises";
import type { Clients } from "../clients.ts";
import { assertSameAccount, type Failure, getObject, type ObjectName, objects } from "../mirror/index.ts";
import { fetchAsOf, getAccount, isForbidden, isMissing } from "../stripe/index.ts";
import { dataOf } from "../supabase/index.ts";
import { addComparisons, type Comparison, compare, type Difference, goneAsOf, isDrift, type Shown } from "./compare.ts";
import { createLimiter, type Limits } from "./limiter.ts";
import { look } from "./look.ts";
import { isAboutAsked, patiently, type Reader, readStep } from "./page.ts";
import { publicOf } from "./personal.ts";
import type { Range } from "./range.ts";
import { codeOf } from "./work.ts";

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
  /** The first thousand of those that are not equal. */
  differing: AuditedDifference[];
  /** The first thousand that show another state than Stripe, as they may: it tells of the change in no event. They are not counted. */
  behind: AuditedDifference[];
  /** Rows that no list shows and that were too many to be asked for, so that nothing can be said of them. Only in test mode. */
  unasked: number;
  /** What could not be read, so that nothing can be said of it. */
  failures: Failure[];
  /** Why Stripe did not show all of it, so that nothing can be said of the rest; `forbidden`: the key may not read it. */
  unread: string | null;
}

export interface AuditedDifference {
  id: string;
  /** `missing`: the mirror has no such row. `extra`: Stripe has no such object. */
  kind: "missing" | "extra" | "differs" | "behind";
  /** Both values; of what is personal, only that they differ. */
  columns: { column: string; stripe: unknown; mirror: unknown }[];
}

/** Most of what Stripe allows is left to customers and to the reading. */
export const AUDIT_LIMITS: Limits = { perSecond: 20, perEndpoint: 10 };

const LOOK_AGAIN_MS = 3_000;
/** More than this is no matter of events on their way: of a kind of which more differ, none is looked at once more. */
const MOST_AGAIN = 100;
/** Nor is it of rows that no list shows. Test mode has test clocks, and its lists leave out what is on one: there more are asked for. */
const MOST_UNSEEN = { live: MOST_AGAIN, test: 300 };
const MOST_NAMED = 1_000;
/** No event that has just come is so much younger than Stripe's answer. */
const AHEAD_MS = 5_000;
const IDS_AT_ONCE = 1_000;
const LOOKED_AT_ONCE = 10;

/**
 * Reads all that Stripe holds and compares it with the mirror, both ways. Nothing is written.
 * @throws OtherAccountError; what Stripe answers
 */
export async function auditAccount(clients: Clients, auditing: Auditing = {}): Promise<Audit> {
  await assertSameAccount(clients);
  const { asOf } = await fetchAsOf(() => getAccount(clients.stripe));
  const { perSecond, perEndpoint } = { ...AUDIT_LIMITS, ...auditing };
  const limiter = createLimiter({ perSecond, perEndpoint });
  const reader = { ...clients, limiter, isOver: () => auditing.signal?.aborted ?? false };
  const names = (Object.keys(objects) as ObjectName[]).filter((name) => auditing.only?.includes(name) ?? true);
  const kinds = await Promise.all(names.map((name) => new KindAudit(reader, name, auditing, asOf).run()));
  const equal = kinds.every(
    ({ objects, equal, unasked, failures, unread }) => objects === equal && unasked + failures.length === 0 && !unread,
  );
  return { asOf, equal, objects: kinds };
}

class KindAudit {
  readonly #reader: Reader;
  readonly #name: ObjectName;
  readonly #auditing: Auditing;
  readonly #asOf: string;
  readonly #seen = new Set<string>();
  /** What differed, to be looked at once more. Empty once there are too many for that. */
  readonly #again = new Map<string, Shown>();
  #isAgain = true;
  readonly #unseen: string[] = [];
  #unasked = 0;
  #unread: string | null = null;
  #sum = addComparisons([]);

  constructor(reader: Reader, name: ObjectName, auditing: Auditing, asOf: string) {
    this.#reader = reader;
    this.#name = name;
    this.#auditing = auditing;
    this.#asOf = asOf;
  }

  async run(): Promise<AuditedKind> {
    try {
      await this.#readStripe();
      await this.#readMirror();
      await this.#lookAgain([...this.#again.keys(), ...this.#unseen]);
    } catch (error) {
      // A kind that Stripe does not show is said to be unread, after hours perhaps, and the others are compared.
      if (this.#reader.isOver() || !isAboutAsked(error)) throw error;
      this.#unread = isForbidden(error) ? "forbidden" : codeOf(error);
      await this.#sumUp([...this.#again.values()]);
    }
    const { objects, stripeDigest, mirrorDigest, failures } = this.#sum;
    const differing = this.#sum.differing.filter(isDrift);
    const behind = this.#sum.differing.filter(isBehind);
    return {
      object: this.#name,
      objects,
      equal: objects - differing.length,
      stripeDigest,
      mirrorDigest,
      differing: differing.slice(0, MOST_NAMED).map(publicOf),
      behind: behind.slice(0, MOST_NAMED).map(publicOf),
      unasked: this.#unasked,
      failures,
      unread: this.#unread,
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
      const step = await patiently(this.#reader, () => readStep(this.#reader, range));
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
    const { livemode } = this.#reader.stripe;
    const most = MOST_UNSEEN[livemode ? "live" : "test"];
    for await (const ids of this.#listMirrored(this.#name)) {
      const beyond = ids.filter((id) => !this.#seen.has(id));
      this.#unseen.push(...beyond.splice(0, most - this.#unseen.length));
      if (livemode) await this.#sumUp(beyond.map((id) => goneAsOf(this.#name, id, this.#asOf)));
      else this.#unasked += beyond.length;
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

  async #add(shown: Shown[], failures: Failure[]): Promise<void> {
    const part = await compare(this.#reader, shown);
    const differing = new Set(part.differing.filter((each) => !isBehind(each)).map(({ id }) => id));
    if (this.#again.size + differing.size > MOST_AGAIN) this.#isAgain = false;
    const again = shown.filter(({ object_id: id }) => this.#isAgain && differing.has(id as string));
    for (const each of again) this.#again.set(each.object_id as string, each);
    this.#sum = addComparisons([this.#sum, { ...addComparisons([]), failures }]);
    await this.#sumUp(shown.filter((each) => !again.includes(each)));
    if (!this.#isAgain) {
      await this.#sumUp([...this.#again.values()]);
      this.#again.clear();
    }
    this.#auditing.onProgress?.({ object: this.#name, objects: shown.length, differing: differing.size });
  }

  async #sumUp(shown: Shown[]): Promise<void> {
    this.#sum = addComparisons([this.#sum, await compare(this.#reader, shown)]);
  }

  async #lookAgain(ids: string[]): Promise<void> {
    if (ids.length === 0) return;
    const { lookAgainAfterMs = LOOK_AGAIN_MS, signal, onLookedAgain } = this.#auditing;
    await sleep(lookAgainAfterMs, undefined, { signal });
    const parts: Comparison[] = [];
    let [next, looked] = [0, 0];
    const lookAtNext = async () => {
      for (let place = next++; place < ids.length; place = next++) {
        signal?.throwIfAborted();
        const { shown, failures } = await look(this.#reader, this.#name, ids[place] ?? "");
        const part = await compare(this.#reader, shown);
        const ahead = part.differing
          .filter(isAhead)
          .map(({ id }) => ({ id, reason: "its row shows a moment that is yet to come" }));
        parts[place] = { ...part, failures: [...part.failures, ...failures, ...ahead] };
        onLookedAgain?.({ object: this.#name, looked: ++looked, of: ids.length });
      }
    };
    await Promise.all(Array.from({ length: LOOKED_AT_ONCE }, lookAtNext));
    this.#sum = addComparisons([this.#sum, ...parts]);
  }
}

type Behind = Difference & { kind: "behind" };
const isBehind = (difference: Difference): difference is Behind => difference.kind === "behind";
const isAhead = ({ kind, row_as_of: shown, read_as_of: read }: Difference): boolean =>
  kind === "newer" && Date.parse(shown) - Date.parse(read) > AHEAD_MS;
