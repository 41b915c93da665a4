import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** A guarantee of the code's that is taken away, by one edit of a file's text. */
export interface CodeMutant {
  /** What does not hold any more. */
  name: string;
  file: string;
  find: string;
  replace: string;
}

const SELL = "packages/core/src/checkout/sell.ts";
const LISTINGS = "packages/core/src/reconcile/listings.ts";
const RELAY = "packages/core/src/notices/relay.ts";

export const CODE_MUTANTS: readonly CodeMutant[] = [
  {
    name: "a sale does not wait for the one before it",
    file: "packages/core/src/checkout/lease.ts",
    find: 'while (!dataOf(await supabase.rpc("begin_sale", lease))) {',
    replace: 'while (dataOf(await supabase.rpc("begin_sale", lease)) === undefined) {',
  },
  {
    name: "a page stays open beside the one that excludes it",
    file: SELL,
    find: "if (foreign.length === 0) {",
    replace: "if (true) {",
  },
  {
    name: "it is sold again beside one that runs",
    file: SELL,
    find: "if (running) return openPortalOf",
    replace: "if (false) return openPortalOf",
  },
  {
    name: "a trial is had each time",
    file: SELL,
    find: "hadTrial || held.some(isTrial) ? 0 : promised",
    replace: "promised",
  },
  {
    name: "what a deleted customer had is forgotten",
    file: SELL,
    find: "promised > 0 && (await hadTrialWhenDeleted(billing, sale))",
    replace: "false",
  },
  {
    name: "a customer is made for a user who was deleted meanwhile",
    file: "packages/core/src/customer/create.ts",
    find: "[getBuyer(clients.supabase, buyer), assertSameAccount(clients)]",
    replace: "[buyer, assertSameAccount(clients)]",
  },
  {
    name: "a listing is through after its first page",
    file: "packages/core/src/reconcile/index.ts",
    find: "await advance(listing.until, page.place)",
    replace: "await advance(listing.until)",
  },
  {
    name: "a listing begins an hour after the last one",
    file: LISTINGS,
    find: "const OVERLAP_MS = HOUR_MS;",
    replace: "const OVERLAP_MS = -HOUR_MS;",
  },
  {
    name: "what the queue forgot is looked for by nobody",
    file: LISTINGS,
    find: "if (!place && !isDue) return undefined;",
    replace: "return undefined;",
  },
  {
    name: "what the ledger lacks is not queued",
    file: "packages/core/src/reconcile/pages.ts",
    find: "await deps.enqueue(missing)",
    replace: "await deps.enqueue([])",
  },
  {
    name: "a notice that failed is done",
    file: RELAY,
    find: "    return { notice, error };\n",
    replace: "    return { notice };\n",
  },
  {
    name: "what could not be told is done",
    file: RELAY,
    find: "return same.map(({ notice }): Relayed => ({ notice, error }));",
    replace: "return same;",
  },
  {
    name: "what was handled is not settled",
    file: RELAY,
    find: "  await settle(relay.supabase, settled);\n",
    replace: "",
  },
  {
    name: "a change comes before the creation of the same second",
    file: "packages/core/src/mirror/events.ts",
    find: "projection.rank -= 1",
    replace: "projection.rank += 1",
  },
  {
    name: "an invoice's life runs backwards within a second",
    file: "packages/core/src/mirror/objects/invoice.ts",
    find: 'rank: RANKS[invoice.status ?? "draft"] ?? 0',
    replace: 'rank: -(RANKS[invoice.status ?? "draft"] ?? 0)',
  },
  {
    name: "of two events of one second Stripe is not asked",
    file: "packages/core/src/mirror/apply.ts",
    find: 'sent.outcomes.get(event.id) === "ambiguous"',
    replace: "false",
  },
  {
    name: "a message that failed is done",
    file: "packages/functions/src/apply-stripe-events.ts",
    find: "again.map(({ messageId }) => ({ itemIdentifier: messageId }))",
    replace: "[]",
  },
];

/** The code as a mutant leaves it: what `loadAnew` loads, by file. */
export function mutate(file: string, source: string, mutant: CodeMutant): string {
  if (!file.endsWith(mutant.file)) return source;
  if (source.split(mutant.find).length !== 2)
    throw new Error(`The mutant "${mutant.name}" changes what is not, or not once, in ${mutant.file}: ${mutant.find}`);
  return source.replace(mutant.find, () => mutant.replace);
}

/** @throws when a mutant's text is not in its file, or is there more than once */
export function assertPlaced(mutants: readonly CodeMutant[]): void {
  for (const mutant of mutants) {
    const file = fileURLToPath(new URL(`../../${mutant.file}`, import.meta.url));
    mutate(file, readFileSync(file, "utf8"), mutant);
  }
}
