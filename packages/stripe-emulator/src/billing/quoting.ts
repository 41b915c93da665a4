import type Stripe from "stripe";
import type { QuoteDetails } from "../state/rows.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { discountOn, priceItems } from "./pricing.ts";
import { taxesBy } from "./tax-table.ts";

export type Quote = Stored<Stripe.Quote>;
type Sums = Pick<Quote, "amount_subtotal" | "amount_total" | "total_details">;

/** The amounts of a quote, computed anew: what all of it costs, what is due when it is accepted, and what each period costs from then on. */
export function priceQuote(world: World, quote: Quote): Quote {
  const details = world.store.quoteDetails.get(quote.id);
  const { lineItems } = details;
  const recurring = lineItems.filter(({ price }) => price?.recurring);
  const once = lineItems.filter(({ price }) => !price?.recurring);
  const period = recurring[0]?.price?.recurring;
  const sums = (items: QuoteDetails["lineItems"]) => sumOf(world, quote, details, items);
  return {
    ...quote,
    ...sums(lineItems),
    computed: {
      recurring: period
        ? { ...sums(recurring), interval: period.interval, interval_count: period.interval_count }
        : null,
      upfront: sums(quote.subscription_data.trial_period_days === null ? lineItems : once),
    },
  };
}

function sumOf(world: World, quote: Quote, details: QuoteDetails, items: QuoteDetails["lineItems"]): Sums {
  const { lines, subtotal, total } = pricesOf(world, quote, details, items);
  const sum = (amounts: number[]) => amounts.reduce((whole, amount) => whole + amount, 0);
  return {
    amount_subtotal: subtotal,
    amount_total: total,
    total_details: {
      amount_discount: sum(lines.map(discountOn)),
      amount_shipping: 0,
      amount_tax: sum(lines.map(({ tax }) => tax)),
    },
  };
}

function pricesOf(world: World, quote: Quote, details: QuoteDetails, items: QuoteDetails["lineItems"]) {
  const exempt = world.store.customers.find(quote.customer)?.tax_exempt ?? "none";
  const priced = items.map((item) => {
    const own = details.taxRates[item.id] ?? [];
    const rates = own.length > 0 ? own : details.defaultRates;
    const taxes = taxesBy(rates, exempt);
    return { amount: item.amount_subtotal, product: item.price?.product ?? null, discountable: true, taxes };
  });
  return priceItems(priced, []);
}

/** The line items with what they cost. */
export function pricedLineItems(world: World, quote: Quote): QuoteDetails["lineItems"] {
  const details = world.store.quoteDetails.get(quote.id);
  const { lines } = pricesOf(world, quote, details, details.lineItems);
  return details.lineItems.map((item, index) => ({
    ...item,
    amount_tax: lines[index]?.tax ?? 0,
    amount_total: lines[index]?.total ?? item.amount_total,
  }));
}

/** Nobody can accept it any more: it was called off, or its time is over (https://docs.stripe.com/quotes/overview). */
export function cancelQuote(world: World, id: string): Quote {
  const { status_transitions: transitions } = world.store.quotes.get(id);
  world.unschedule("expire_quote", id);
  const patch = { status: "canceled" as const, status_transitions: { ...transitions, canceled_at: world.now() } };
  return world.update("quotes", id, patch, "quote.canceled");
}
