import { type Change, decide, type Outcome, type Row } from "../model/guard.ts";
import type { Answer } from "./arrived.ts";
import type { Database } from "./database.ts";

/**
 * What Postgres makes of each batch, held against the guard's model: https://en.wikipedia.org/wiki/Differential_testing. Rows may come
 * right by another way, since Stripe is asked where events do not say, and a sweep follows: what each event did is seen only here.
 */

interface Sent {
  event_id?: string;
  object: string;
  object_id: string;
  row?: object;
  rank?: number;
  deleted?: boolean;
  fetched?: boolean;
  as_of: string;
  owner?: { customer_id: string | null; metadata?: Record<string, string> };
}

interface Batch {
  changes: Sent[];
  one_at_a_time: boolean;
}

type Query = Database["query"];

interface Answered {
  event_id: string | null;
  outcome: string;
}

/** Of a database, what was written in it by the guard. */
export class Guarded {
  readonly #rows = new Map<string, Row>();
  readonly #done = new Set<string>();
  readonly #query: Query;
  /** What was otherwise than the model says. */
  readonly wrong: string[] = [];

  constructor(query: Query) {
    this.#query = query;
  }

  /** @param body of a call of `apply_stripe_changes`, and what makes it */
  async watch(body: string, call: () => Promise<Answer>): Promise<Answer> {
    const sent = JSON.parse(body) as Batch;
    const contested = this.#contested(sent);
    const before = await this.#ownersOf(contested);
    const answer = await call();
    if (answer.status !== 200) return answer;
    this.#note(sent, answer.text);
    const after = await this.#ownersOf(contested);
    for (const [subject, first] of contested)
      if (!before.get(subject) && after.get(subject) !== first)
        this.wrong.push(`${subject} is ${after.get(subject)}'s, and ${first} came first`);
    return answer;
  }

  /** What several name as theirs in one batch, each with who came first. */
  #contested({ changes, one_at_a_time }: Batch): Map<string, string> {
    if (one_at_a_time) return new Map();
    const claims = changes.flatMap(({ event_id = "", owner, object_id, as_of }) => {
      const { organization_id, user_id, supabase_id } = owner?.metadata ?? {};
      const by = organization_id || user_id || supabase_id;
      const isId = organization_id || /^[0-9a-f]{8}-/.test(by ?? "");
      return by && isId && !this.#done.has(event_id) ? [{ subject: owner?.customer_id ?? object_id, by, as_of }] : [];
    });
    return new Map(
      [...Map.groupBy(claims, ({ subject }) => subject)].flatMap(([subject, all]) => {
        const [first, second] = all.toSorted((one, other) => Date.parse(one.as_of) - Date.parse(other.as_of));
        const isContested = new Set(all.map(({ by }) => by)).size > 1;
        return first && second && isContested && first.as_of !== second.as_of ? [[subject, first.by] as const] : [];
      }),
    );
  }

  /** Whoever has left owns nothing: of what only they claim nothing is said. */
  async #ownersOf(contested: Map<string, string>): Promise<Map<string, string | null>> {
    if (contested.size === 0) return new Map();
    const users = await this.#query<{ id: string }>("select id from auth.users where id::text = any ($1)", [
      [...contested.values()],
    ]);
    const there = new Set(users.map(({ id }) => id));
    for (const [subject, by] of contested) if (/^[0-9a-f]{8}-/.test(by) && !there.has(by)) contested.delete(subject);
    const owned = await this.#query<{ id: string; owner: string | null }>(
      "select id, coalesce(organization_id, user_id::text) as owner from public.customers where id = any ($1)",
      [[...contested.keys()]],
    );
    return new Map(owned.map(({ id, owner }) => [id, owner]));
  }

  #note({ changes, one_at_a_time }: Batch, answer: string): void {
    const answered = Map.groupBy(JSON.parse(answer) as Answered[], ({ event_id }) => event_id);
    const failed = (id: string | undefined) => answered.get(id ?? null)?.[0]?.outcome === "failed";
    const fresh = changes.filter(({ event_id = "", row }) => row && !this.#done.has(event_id) && !failed(event_id));
    for (const { event_id } of changes)
      if (event_id && this.#done.has(event_id)) this.#compare(event_id, ["duplicate"], answered.get(event_id));

    const batches = one_at_a_time ? fresh.map((change) => [change]) : [...Map.groupBy(fresh, keyOf).values()];
    for (const batch of batches) this.#apply(batch, answered);
  }

  #apply(batch: Sent[], answered: Map<string | null, Answered[]>): void {
    // In the order of their events; what no event was the reason for comes last.
    const inOrder = batch.toSorted((one, other) => ((one.event_id ?? "~") < (other.event_id ?? "~") ? -1 : 1));
    const key = keyOf(inOrder[0] as Sent);
    const { row, outcomes } = decide(this.#rows.get(key), inOrder.map(changeOf));
    if (row) this.#rows.set(key, row);
    for (const [place, { event_id }] of inOrder.entries()) {
      if (!event_id) continue;
      const outcome = outcomes[place] as Outcome;
      if (outcome !== "ambiguous") this.#done.add(event_id);
      this.#compare(event_id, [outcome], answered.get(event_id));
    }
  }

  #compare(event: string, wanted: string[], answered: Answered[] = []): void {
    const found = answered.map(({ outcome }) => outcome);
    if (String(found) !== String(wanted)) this.wrong.push(`${event} is ${found}, and should be ${wanted}`);
  }

  /** Which rows are not as they should have been written. */
  async compareRows(database: Database): Promise<string[]> {
    const mirrored = await database.query<{ object: string; target: string }>(
      "select object, target from billing.mirrored",
    );
    const all = mirrored.map(
      ({ object, target }) =>
        `select '${object}' as object, id as object_id, extract(epoch from as_of) * 1000 as "asOf", rank, deleted, fetched from ${target} where as_of > '-infinity'`,
    );
    const standing = await database.query<Row & Sent>(all.join(" union all "));
    const rows = new Map(standing.map((row) => [keyOf(row), row]));
    return [...this.#rows].flatMap(([key, wanted]) => {
      const row = rows.get(key);
      const isSame =
        Number(row?.asOf) === wanted.asOf &&
        row?.rank === wanted.rank &&
        row.deleted === wanted.deleted &&
        row.fetched === wanted.fetched;
      return isSame
        ? []
        : [`${key}: ${JSON.stringify(row)}, and should be ${JSON.stringify({ ...wanted, content: undefined })}`];
    });
  }
}

const keyOf = ({ object, object_id }: Sent) => `${object} ${object_id}`;

function changeOf({ as_of, rank = 0, row, deleted = false, fetched = false }: Sent): Change {
  return { asOf: Date.parse(as_of), rank, content: JSON.stringify(inOrder(row)), deleted, fetched };
}

/** As Postgres compares it: the order of names says nothing. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== "object" || value === null) return value;
  const named = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(named.map(([name, each]) => [name, inOrder(each)]));
}
