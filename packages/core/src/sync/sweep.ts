import type { Clients } from "../clients.ts";
import { type Change, type Failure, writePage } from "../mirror/index.ts";
import { dataOf, type Json } from "../supabase/index.ts";
import { type Comparison, compare, isDrift } from "./compare.ts";
import type { Range } from "./range.ts";

/** Compares a page with the mirror before it is written, and once more after. */
export async function sweepPage(clients: Clients, range: Range, changes: Change[]): Promise<Failure[]> {
  const found = await compare(clients, changes);
  await recordDrift(clients, found);
  const failures = await writePage(clients, changes);
  const left = found.differing.length > 0 ? await compare(clients, changes) : found;
  const named = new Set(failures.map(({ id }) => id));
  const differing = left.differing.filter(isDrift);
  const refused = differing.filter(({ id }) => named.has(id)).length;
  dataOf(
    await clients.supabase.rpc("note_comparison", {
      range_id: range.id,
      place: `${range.created_to ?? ""} ${range.after ?? ""}`,
      objects: left.objects - refused,
      differing: differing.length - refused,
      stripe_digest: left.stripeDigest,
      mirror_digest: left.mirrorDigest,
    }),
  );
  return failures;
}

/** It is mended in a moment: that it was so must be known before. */
export async function recordDrift({ supabase }: Clients, { differing }: Comparison): Promise<void> {
  const found = differing.filter(isDrift).map(({ stripe, mirror, ...difference }) => difference);
  if (found.length > 0) dataOf(await supabase.rpc("record_drift", { found: found as unknown as Json }));
}
