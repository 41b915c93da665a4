import { createHash } from "node:crypto";
import type Stripe from "stripe";
import { amountTooLarge, mostAmountOf } from "../catalog/index.ts";
import type { Clients } from "../clients.ts";
import { notChangeable } from "../portal/index.ts";
import { write } from "../stripe/index.ts";
import { periodEndOf } from "../subscription/index.ts";
import { waitsForPeriodEnd } from "./direction.ts";
import type { Change } from "./find.ts";
import { toIso } from "./moment.ts";
import { refusalOf } from "./refusals.ts";
import type { ChangePreview } from "./schema.ts";

type Details = Stripe.InvoiceCreatePreviewParams.SubscriptionDetails;

/** Whether a change begins with the next period. In a trial all begins at once: nothing was paid for. */
export function isDeferred({ subscription, item, price, quantity }: Change): boolean {
  if (subscription.status === "trialing") return false;
  return waitsForPeriodEnd({ price: item.price, quantity: item.quantity ?? 1 }, { price, quantity });
}

/**
 * What a change would cost, by Stripe's own reckoning: what is invoiced at once, and with the next period.
 * @param moment up to when what there is counts as used; in seconds
 * @throws BillingError `subscription_not_changeable`, `amount_too_large`
 */
export async function buildPreview(clients: Clients, change: Change, moment: number): Promise<ChangePreview> {
  const { subscription, item, price, quantity } = change;
  const deferred = isDeferred(change);
  const items = [{ id: item.id, price: price.id, quantity }];
  const atOnce: Details = { items, proration_behavior: "always_invoice", proration_date: moment };
  const [unchanged, changed, then] = await Promise.all([
    askForPreview(clients, subscription),
    deferred || subscription.status === "trialing" ? undefined : askForPreview(clients, subscription, atOnce),
    askForPreview(clients, subscription, { items, proration_behavior: "none" }, "recurring"),
  ]);
  const invoiced = changed && isOfNow(changed, subscription) ? changed : undefined;
  const isOfChange = (line: Stripe.InvoiceLineItem) => isProration(line) && line.period.start === moment;
  if (invoiced?.lines.data.some((line) => isWaiting(line) && !isOfChange(line))) {
    throw somethingWaits();
  }
  // What waits at the customer, and not at this subscription, is no part of an invoice at once.
  const waiting = await waitingOf(clients, subscription, unchanged);
  const balance = invoiced
    ? invoiced.total + invoiced.starting_balance - invoiced.amount_due
    : unchanged.starting_balance;
  const shown = {
    subscriptionId: subscription.id,
    from: { priceId: item.price.id, quantity: item.quantity ?? null },
    to: { priceId: price.id, quantity },
    effective: deferred ? ("period_end" as const) : ("now" as const),
    currency: subscription.currency,
    ...amountsOf(invoiced),
    credit: Math.max(0, -balance),
    next: { amount: Math.max(0, then.total + waiting + balance) },
  };
  const { amountDue, next } = shown;
  if (Math.max(amountDue, next.amount) > mostAmountOf(subscription.currency)) throw amountTooLarge();
  return {
    token: `${moment.toString(36)}.${digestOf([shown, subscription.status, periodEndOf(subscription)])}`,
    ...shown,
    effectiveAt: toIso(deferred ? periodEndOf(subscription) : moment),
    lines: (invoiced?.lines.data ?? []).map(lineOf),
    next: { ...shown.next, at: toIso(nextAt(subscription, invoiced)) },
  };
}

/**
 * For a change that nobody previews. Prorations may wait: a quantity that is brought back takes back what they charge.
 * @throws BillingError `subscription_not_changeable` where something else waits for whichever invoice is next
 */
export async function assertNothingWaits(clients: Clients, subscription: Stripe.Subscription): Promise<void> {
  const { lines } = await askForPreview(clients, subscription); // what waits stands first
  if (lines.data.some((line) => isWaiting(line) && !isProration(line))) throw somethingWaits();
}

/** What waits for the invoice that is next anyway. Stripe shows ten of its lines: where there are more, it is all but what recurs. */
async function waitingOf(
  clients: Clients,
  subscription: Stripe.Subscription,
  { lines, total }: Stripe.Invoice,
): Promise<number> {
  if (!lines.has_more) return sum(lines.data.filter(isWaiting).map(netOf));
  return total - (await askForPreview(clients, subscription, undefined, "recurring")).total;
}

/** Should the card be declined, the invoice is voided, and what had waited for one would be gone with it. */
const somethingWaits = () => notChangeable("Something of it waits for the next invoice.");

const digestOf = (shown: unknown) => createHash("sha256").update(JSON.stringify(shown)).digest("hex");
const sum = (amounts: number[]) => amounts.reduce((whole, amount) => whole + amount, 0);

async function askForPreview(
  { stripe }: Clients,
  { id }: Stripe.Subscription,
  details?: Details,
  mode?: "recurring",
): Promise<Stripe.Invoice> {
  const params = {
    subscription: id,
    ...(details && { subscription_details: details }),
    ...(mode && { preview_mode: mode }),
  };
  try {
    return await write<Stripe.Invoice>(stripe, "/v1/invoices/create_preview", params);
  } catch (error) {
    throw refusalOf(error) ?? error;
  }
}

/** Where a change leads to no invoice, Stripe shows the one of the next period. */
function isOfNow({ lines }: Stripe.Invoice, subscription: Stripe.Subscription): boolean {
  const end = periodEndOf(subscription);
  return !lines.data.some((line) => !isWaiting(line) && line.period.start >= end);
}

/** It waits for whichever invoice is next: it is of no period of its own, or of a part of one. */
const isWaiting = ({ parent }: Stripe.InvoiceLineItem) => {
  const details = parent?.subscription_item_details;
  return !details || details.proration || Boolean(details.invoice_item);
};

const isProration = ({ parent }: Stripe.InvoiceLineItem) => parent?.subscription_item_details?.proration ?? false;

/** After discounts, with the tax that comes on top. */
function netOf({ amount, discount_amounts: discounts, taxes }: Stripe.InvoiceLineItem): number {
  const onTop = (taxes ?? []).filter(({ tax_behavior: behavior }) => behavior === "exclusive");
  return amount - sum((discounts ?? []).map((each) => each.amount)) + sum(onTop.map((each) => each.amount));
}

function amountsOf(invoice: Stripe.Invoice | undefined) {
  return {
    amountDue: invoice?.amount_due ?? 0,
    total: invoice?.total ?? 0,
    discount: sum((invoice?.total_discount_amounts ?? []).map(({ amount }) => amount)),
    tax: sum((invoice?.total_taxes ?? []).map(({ amount }) => amount)),
  };
}

function lineOf(line: Stripe.InvoiceLineItem): ChangePreview["lines"][number] {
  return {
    description: line.description ?? "",
    amount: line.amount,
    proration: isProration(line),
    periodStart: toIso(line.period.start),
    periodEnd: toIso(line.period.end),
  };
}

/** A period that begins at once is on the invoice; otherwise the one that runs goes on. */
function nextAt(subscription: Stripe.Subscription, invoiced: Stripe.Invoice | undefined): number {
  const begun = (invoiced?.lines.data ?? []).filter((line) => !isWaiting(line)).map(({ period }) => period.end);
  return begun.length > 0 ? Math.max(...begun) : periodEndOf(subscription);
}
