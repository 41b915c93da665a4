import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import type { Invoice } from "./invoice-draft.ts";
import type { Allowance } from "./pricing.ts";

export type CreditGrant = Stored<Stripe.Billing.CreditGrant>;
export type CreditEntry = Stored<Stripe.Billing.CreditBalanceTransaction>;
type InvoiceLine = Invoice["lines"]["data"][number];

/** What is granted begins to count: at once, or at the moment that was named. */
export function beginGrant(world: World, id: string): void {
  const grant = world.store.creditGrants.get(id);
  const credit = { amount: grant.amount, credits_application_invoice_voided: null, type: "credits_granted" };
  book(world, grant, { credit });
}

/** What is left of it is gone. */
export const expireGrant = (world: World, id: string): void => takeRest(world, id, "credits_expired");

/** It ends before its time: what is left of it is gone. */
export function endGrant(
  world: World,
  id: string,
  moment: Partial<Pick<CreditGrant, "expires_at" | "voided_at">>,
): CreditGrant {
  for (const kind of ["begin_grant", "expire_grant"] as const) world.unschedule(kind, id);
  takeRest(world, id, moment.voided_at ? "credits_voided" : "credits_expired");
  return world.update("creditGrants", id, { ...moment, updated: world.now() }, "billing.credit_grant.updated");
}

function takeRest(world: World, id: string, type: "credits_expired" | "credits_voided"): void {
  const grant = world.store.creditGrants.get(id);
  const amount = leftOf(world, id);
  if (amount > 0) book(world, grant, { debit: { amount: monetary(amount, grant), credits_applied: null, type } });
}

/** Whether an invoice was paid with it. */
export const isUsed = ({ store }: World, id: string): boolean =>
  store.creditEntries.where("credit_grant", id).some(({ debit }) => debit?.type === "credits_applied");

const currencyOf = ({ amount }: CreditGrant) => amount.monetary?.currency ?? "usd";
const monetary = (value: number, grant: CreditGrant) => ({
  monetary: { currency: currencyOf(grant), value },
  type: "monetary" as const,
});

function book(world: World, grant: CreditGrant, entry: Partial<Pick<CreditEntry, "credit" | "debit">>): CreditEntry {
  const row = world.store.creditEntries.put({
    id: newId("cbtxn_test"),
    object: "billing.credit_balance_transaction",
    created: world.now(),
    credit: null,
    credit_grant: grant.id,
    debit: null,
    effective_at: world.now(),
    livemode: false,
    test_clock: grant.test_clock,
    type: entry.credit ? "credit" : "debit",
    ...entry,
  });
  world.emit("billing.credit_balance_transaction.created", row);
  return row;
}

/** What was granted, and is neither used nor gone. */
export const leftOf = ({ store }: World, grant: string): number =>
  store.creditEntries
    .where("credit_grant", grant)
    .reduce(
      (sum, { credit, debit }) => sum + (credit?.amount.monetary?.value ?? 0) - (debit?.amount.monetary?.value ?? 0),
      0,
    );

const NEVER = Number.MAX_SAFE_INTEGER;

/** Which is used first: https://docs.stripe.com/billing/subscriptions/usage-based/billing-credits#how-billing-credits-apply-to-invoices */
const inTurn = (a: CreditGrant, b: CreditGrant) =>
  (a.priority ?? 50) - (b.priority ?? 50) ||
  (a.expires_at ?? NEVER) - (b.expires_at ?? NEVER) ||
  Number(a.category === "paid") - Number(b.category === "paid") ||
  (a.effective_at ?? 0) - (b.effective_at ?? 0) ||
  a.created - b.created;

/** What an invoice's lines can be paid with of what its customer was granted, in the order in which it is used. */
export function allowancesFor(world: World, { currency, customer, lines }: Invoice): Allowance[] {
  return world.store.creditGrants
    .where("customer", customer ?? "")
    .filter((grant) => grant.voided_at === null && currencyOf(grant) === currency)
    .map((grant) => ({ grant, amount: leftOf(world, grant.id) }))
    .filter(({ amount }) => amount > 0)
    .sort((a, b) => inTurn(a.grant, b.grant))
    .map(({ grant, amount }) => ({
      grant: grant.id,
      amount,
      reaches: lines.data.map((line) => reaches(world, grant, line)),
    }));
}

/** Lines of subscriptions, for what a meter counts. */
function reaches({ store }: World, { applicability_config: { scope } }: CreditGrant, line: InvoiceLine): boolean {
  const price = store.prices.find(line.pricing?.price_details?.price);
  if (price?.recurring?.usage_type !== "metered" || line.subscription === null) return false;
  return scope.prices ? scope.prices.some(({ id }) => id === price.id) : true;
}

/** Writes down that a line is paid with what was granted. The entry's id. */
export const useCredit = (
  world: World,
  { grant: id, amount }: { grant: string; amount: number },
  invoice: string,
  line: string,
): string => {
  const grant = world.store.creditGrants.get(id);
  const credits_applied = { invoice, invoice_line_item: line };
  return book(world, grant, { debit: { amount: monetary(amount, grant), credits_applied, type: "credits_applied" } })
    .id;
};

/** An invoice is voided: what its lines were paid with is there again, as far as it has not expired meanwhile. */
export function giveCreditsBack(world: World, invoice: string): void {
  for (const { credit_grant: id, debit } of world.store.creditEntries.all()) {
    if (debit?.credits_applied?.invoice !== invoice) continue;
    const grant = world.store.creditGrants.get(id);
    book(world, grant, {
      credit: {
        amount: debit.amount,
        credits_application_invoice_voided: debit.credits_applied,
        type: "credits_application_invoice_voided",
      },
    });
    if (grant.expires_at !== null && grant.expires_at <= world.now()) expireGrant(world, id);
  }
}
