import { type ObjectName, type Projection, toStorable } from "../mirror/index.ts";
import { dataOf, type Json, type ServiceClient } from "../supabase/index.ts";
import { isRefusedData, untoldOf } from "../sync/index.ts";
import type { Showing } from "./showing.ts";

export type Row = Record<string, unknown>;

/**
 * `equal`: both show the same. `differs`: in the columns that are named. `missing`: in the mirror. `awaited`: not in the mirror, and
 * Stripe has sent no event about it yet. `unknown`: to Stripe. `unreadable`: what Stripe shows fits no row.
 */
export type Verdict = "equal" | "differs" | "missing" | "awaited" | "unknown" | "unreadable";

export interface ComparedObject {
  object: string;
  id: string;
  verdict: Verdict;
  differing: { column: string; stripe: unknown; mirror: unknown }[];
  /** What Stripe shows, as a row. */
  stripe: Row | null;
  /** What the mirror holds. */
  mirror: Row | null;
  /** The moment of Stripe's truth that the mirror shows. */
  asOf: string | null;
}

/** As `billing.put_beside` says it; but what is shown here is as of now, so that no row is newer. */
interface Pair {
  object: string;
  object_id: string;
  kind: "equal" | "differs" | "behind" | "missing" | "untold" | "unasked";
  columns: string[];
  as_of: string | null;
  stripe: Row | null;
  mirror: Row | null;
}

/** Only the mirror has these; each is one more request, so of very many the rest is left out. */
const MOST_ALONE = 50;

/**
 * Holds what Stripe shows against the mirror, and asks Stripe for what only the mirror has.
 * @param owners what the mirror's rows may belong to, to be looked at as well
 */
export async function compare(supabase: ServiceClient, showing: Showing, owners: string[]): Promise<ComparedObject[]> {
  const pairs = await showBeside(supabase, showing, owners);
  const alone = pairs.filter((pair) => !pair.stripe && !isBeyond(showing, pair)).slice(0, MOST_ALONE);
  await Promise.all(alone.map(({ object, object_id }) => showing.one(object as ObjectName, object_id)));
  const whole =
    alone.length > 0
      ? await showBeside(
          supabase,
          showing,
          alone.map(({ object_id }) => object_id),
        )
      : pairs;
  const asked = alone.filter(({ object }) => !showing.forbidden.has(object as ObjectName));
  const left = new Set(asked.map(({ object_id }) => object_id));
  return whole
    .filter(({ stripe, object_id }) => stripe || left.has(object_id) || showing.unreadable.has(object_id))
    .map((pair) => toCompared(showing, pair));
}

/** What Postgres cannot hold is named as such, and left out. */
async function showBeside(supabase: ServiceClient, showing: Showing, owners: string[]): Promise<Pair[]> {
  try {
    return await ask(supabase, showing.projections, owners);
  } catch (error) {
    if (!isRefusedData(error)) throw error;
    for (const projection of showing.projections) {
      await ask(supabase, [projection], []).catch((unfit: unknown) => {
        if (!isRefusedData(unfit)) throw unfit;
        showing.forget(projection, `Postgres cannot hold it (${unfit.code})`);
      });
    }
    return ask(supabase, showing.projections, owners);
  }
}

async function ask(supabase: ServiceClient, projections: Projection[], owners: string[]): Promise<Pair[]> {
  const shown = projections.map(({ object, object_id, row, deleted }) => {
    return { object, object_id, row: toStorable(row), deleted, as_of: "infinity", untold: untoldOf(object, row) };
  });
  const answer = await supabase.rpc("show_beside_mirror", { shown: shown as unknown as Json, owners });
  return dataOf(answer) as unknown as Pair[];
}

/** Whether it is older than the newest hundred of its kind, which are all that was asked for. */
function isBeyond({ cut }: Showing, { object, mirror }: Pair): boolean {
  const oldest = cut.get(object as ObjectName);
  return oldest !== undefined && Date.parse(String(mirror?.created_at)) < Date.parse(oldest);
}

function toCompared({ unreadable }: Showing, pair: Pair): ComparedObject {
  const { object, object_id: id, kind, stripe, mirror, as_of } = pair;
  const differing = pair.columns.map((column) => ({ column, stripe: stripe?.[column], mirror: mirror?.[column] }));
  const verdict = (): Verdict => {
    if (unreadable.has(id)) return "unreadable";
    if (kind === "unasked") return mirror?.deleted === true ? "equal" : "unknown";
    if (kind === "behind") return "differs";
    return kind === "untold" ? "awaited" : kind;
  };
  return { object, id, verdict: verdict(), differing, stripe, mirror, asOf: as_of };
}
