import type { Clients } from "../clients.ts";
import type { Change, Failure, ObjectName } from "../mirror/index.ts";
import { DatabaseError, dataOf, type Json } from "../supabase/index.ts";
import { untoldOf } from "./untold.ts";

type DriftKind = "missing" | "extra" | "differs";

/** An object that the mirror does not show as Stripe does: see `billing.pair`. */
export interface Difference {
  object: ObjectName;
  id: string;
  /**
   * `missing`: the mirror has no such row. `extra`: Stripe has no such object. `newer`: the mirror shows a later moment. `behind`: in
   * columns of which Stripe may have told nothing.
   */
  kind: DriftKind | "newer" | "behind";
  row_as_of: string;
  read_as_of: string;
  columns: string[];
  stripe: Record<string, Json> | null;
  mirror: Record<string, Json> | null;
}

/** Whether the mirror should show it otherwise. */
export function isDrift(difference: Difference): difference is Difference & { kind: DriftKind } {
  return difference.kind !== "newer" && difference.kind !== "behind";
}

export interface Comparison {
  /** How many were compared. */
  objects: number;
  /** Of these, as Stripe and as the mirror shows them. Digests of parts add up to that of the whole: see `addDigests`. */
  stripeDigest: string;
  mirrorDigest: string;
  differing: Difference[];
  /** What Postgres cannot hold, so that no row shows it. */
  failures: Failure[];
}

/** What Stripe showed; or, without a row, that it knows no such object. */
export type Shown = Change | ReturnType<typeof goneAsOf>;

/** Stripe does not know the object. */
export function goneAsOf(object: ObjectName, object_id: string, as_of: string) {
  return { object, object_id, as_of, deleted: true };
}

const DIGITS = 15;
/** Of data, of what a type checks, of a size: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const REFUSED_DATA = /^(22|23|54|P0)/;

/** Something of what was sent is nothing that its column can hold. */
export function isRefusedData(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && REFUSED_DATA.test(error.code);
}

/** Compares what Stripe showed with what the mirror shows. Nothing is written. */
export async function compare(clients: Pick<Clients, "supabase">, shown: Shown[]): Promise<Comparison> {
  if (shown.length === 0) return addComparisons([]);
  try {
    const changes = shown.map((change) => ({
      ...change,
      untold: "row" in change ? untoldOf(change.object, change.row) : undefined,
    }));
    const rows = dataOf(await clients.supabase.rpc("compare_rows", { changes: changes as unknown as Json }));
    return addComparisons(
      rows.map(({ objects, stripe_digest, mirror_digest, differing }) => ({
        objects,
        stripeDigest: stripe_digest,
        mirrorDigest: mirror_digest,
        differing: differing as unknown as Difference[],
        failures: [],
      })),
    );
  } catch (error) {
    if (!isRefusedData(error)) throw error;
    const [first, ...others] = shown;
    if (others.length === 0) {
      const failure = { id: first?.object_id ?? "unknown", reason: `Postgres cannot hold it (${error.code})` };
      return { ...addComparisons([]), failures: [failure] };
    }
    const middle = Math.ceil(shown.length / 2);
    const halves = [shown.slice(0, middle), shown.slice(middle)];
    return addComparisons(await Promise.all(halves.map((half) => compare(clients, half))));
  }
}

export function addComparisons(parts: Comparison[]): Comparison {
  return {
    objects: parts.reduce((sum, { objects }) => sum + objects, 0),
    stripeDigest: addDigests(parts.map(({ stripeDigest }) => stripeDigest)),
    mirrorDigest: addDigests(parts.map(({ mirrorDigest }) => mirrorDigest)),
    differing: parts.flatMap(({ differing }) => differing),
    failures: parts.flatMap(({ failures }) => failures),
  };
}

/** As `billing.digest_sum` adds the rows of one page. */
function addDigests(digests: string[]): string {
  const sum = digests.reduce((total, digest) => total + BigInt(`0x${digest}`), 0n);
  return BigInt.asUintN(60, sum).toString(16).padStart(DIGITS, "0");
}
