import type { Clients } from "../clients.ts";
import { OwnError } from "../errors/index.ts";
import { byKnownKey, type Change, getObject, type ObjectName, writePage } from "../mirror/index.ts";
import { dataOf } from "../supabase/index.ts";
import { compare, type goneAsOf } from "./compare.ts";
import { createLimiter, type Limits } from "./limiter.ts";
import { look } from "./look.ts";
import { isAboutAsked, type Reader } from "./page.ts";
import { recordDrift } from "./sweep.ts";

interface UnseenRow {
  object: ObjectName;
  object_id: string;
  row: object;
}

const ROWS_AT_ONCE = 10;

/**
 * Asks Stripe for the rows that no page of a sweep has shown, and ends the sweep. What Stripe does not know is deleted.
 * @param until no row is asked for later, by `performance.now()`: the next call goes on
 * @throws OtherAccountError
 */
export async function sweepUnseen(
  clients: Clients,
  runId: number,
  { until, ...limits }: Limits & { until: number },
): Promise<{ ended: boolean; errors: unknown[] }> {
  const { supabase } = clients;
  const wanted = { run_id: runId, most: ROWS_AT_ONCE, key_hash: clients.stripe.keyHash };
  const errors: unknown[] = [];
  const reader = {
    ...clients,
    limiter: createLimiter(limits),
    isOver: () => performance.now() > until,
  };
  for (;;) {
    if (reader.isOver()) return { ended: false, errors };
    const rows = await byKnownKey(
      clients,
      async () => dataOf(await supabase.rpc("list_unseen_rows", wanted)) as UnseenRow[],
    );
    const last = rows.at(-1);
    if (!last) break;
    await Promise.all(
      rows.map(async (row) => {
        try {
          errors.push(...(await sweepRow(reader, row)));
        } catch (error) {
          // Where Stripe answers, it is about this one: it comes again with the next sweep, and holds up no other.
          if (!isAboutAsked(error)) throw error;
          errors.push(error);
        }
      }),
    );
    dataOf(await supabase.rpc("advance_sweep", { run_id: runId, object: last.object, after: last.object_id }));
  }
  dataOf(await supabase.rpc("finish_sweep", { run_id: runId }));
  return { ended: true, errors };
}

/** @returns why the mirror cannot show it */
async function sweepRow(reader: Reader, row: UnseenRow): Promise<Error[]> {
  const { shown, failures } = await look(reader, row.object, row.object_id);
  await recordDrift(reader, await compare(reader, shown));
  const refused = await writePage(
    reader,
    shown.map((one) => ("row" in one || "outcome" in one ? one : deletionOf(row, one))),
  );
  return [...failures, ...refused].map(({ id, reason }) => new OwnError(`${row.object} ${id}: ${reason}`));
}

/** Its row as it stood, deleted. Of a customer nothing is kept but the id. */
function deletionOf({ object, object_id, row }: UnseenRow, { as_of }: ReturnType<typeof goneAsOf>): Change {
  const kept =
    object === "customer" ? getObject(object).project({ id: object_id, object: "customer", deleted: true }).row : row;
  return { object, object_id, row: kept, rank: 0, deleted: true, fetched: true, as_of };
}
