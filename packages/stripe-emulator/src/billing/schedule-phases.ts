import type Stripe from "stripe";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { periodEnd } from "./calendar.ts";
import type { ItemChange, Proration } from "./changing.ts";
import type { Purchase } from "./invoice-item.ts";
import { automaticTax, type Subscription, type SubscriptionItem } from "./subscription.ts";

export type Schedule = Stored<Stripe.SubscriptionSchedule>;
export type Phase = Schedule["phases"][number];
type Price = Stored<Stripe.Price>;
type TaxRate = Stored<Stripe.TaxRate>;

export interface PhaseDraft {
  /** One that each of its prices has. */
  currency: string;
  items: { price: Price; quantity: number; metadata: Stripe.Metadata; taxRates: TaxRate[] }[];
  /** Where it ends, in seconds, or how long it is; absent: after one period of its first price. */
  end?: number | Pick<Stripe.Price.Recurring, "interval" | "interval_count"> | undefined;
  /** Whether a new period begins with it (`phase_start`). */
  anchor: Phase["billing_cycle_anchor"];
  /** What is bought once, when it begins. */
  purchases: PhasePurchase[];
  proration: Proration;
  metadata: Stripe.Metadata;
  description: string | null;
  defaultPaymentMethod: string | null;
  automaticTax: boolean;
  /** For the items that have none. */
  taxRates: TaxRate[];
  /** Of the subscription's, those that it keeps. */
  discounts: readonly string[];
}

/** Its time is said as the phase shows it. */
export type PhasePurchase = Omit<Purchase, "period"> & Pick<Phase["add_invoice_items"][number], "period">;

/** Phases one after the other, the first from `start` (seconds). */
export function phasesFrom(start: number, drafts: readonly PhaseDraft[]): Phase[] {
  const phases: Phase[] = [];
  for (const draft of drafts) phases.push(newPhase(phases.at(-1)?.end_date ?? start, draft));
  return phases;
}

function newPhase(start: number, { items, end, ...draft }: PhaseDraft): Phase {
  const once = items[0]?.price.recurring ?? { interval: "month", interval_count: 1 };
  return {
    add_invoice_items: draft.purchases.map(
      ({ price, taxRates = [], discountable = true, metadata = {}, ...purchase }) => ({
        ...purchase,
        price: price.id,
        discountable,
        discounts: [],
        metadata,
        tax_rates: taxRates,
      }),
    ),
    application_fee_percent: null,
    automatic_tax: automaticTax(draft.automaticTax),
    billing_cycle_anchor: draft.anchor,
    billing_thresholds: null,
    collection_method: null,
    currency: draft.currency,
    default_payment_method: draft.defaultPaymentMethod,
    default_tax_rates: draft.taxRates,
    description: draft.description,
    discounts: draft.discounts.map((discount) => ({ coupon: null, discount, promotion_code: null })),
    end_date: typeof end === "number" ? end : periodEnd(start, end ?? once),
    invoice_settings: null,
    items: items.map(({ price, quantity, metadata, taxRates }) => ({
      billing_thresholds: null,
      discounts: [],
      metadata,
      plan: price.id,
      price: price.id,
      // Of what is paid by use nobody says how many.
      ...(price.recurring?.usage_type !== "metered" && { quantity }),
      tax_rates: taxRates,
    })),
    metadata: draft.metadata,
    on_behalf_of: null,
    proration_behavior: draft.proration,
    start_date: start,
    transfer_data: null,
    trial_end: null,
  };
}

/** The one phase that a subscription's items are: its current period. */
export function phaseOf(subscription: Subscription): PhaseDraft {
  const {
    currency,
    items: { data },
    automatic_tax: tax,
    default_payment_method,
    default_tax_rates: taxRates,
    description,
    discounts,
    metadata,
  } = subscription;
  return {
    currency,
    items: data.map(({ price, quantity = 1, metadata: own, tax_rates: rates }) => ({
      price,
      quantity,
      metadata: own ?? {},
      taxRates: rates ?? [],
    })),
    end: Math.min(...data.map((item) => item.current_period_end)),
    anchor: null,
    purchases: [],
    proration: "create_prorations",
    metadata,
    description,
    defaultPaymentMethod: default_payment_method,
    automaticTax: tax.enabled,
    taxRates: taxRates ?? [],
    discounts,
  };
}

export const phaseAt = ({ phases }: Pick<Schedule, "phases">, moment: number): Phase | undefined =>
  phases.find(({ start_date: start, end_date: end }) => start <= moment && moment < end);

export const endOf = ({ phases }: Pick<Schedule, "phases">): number => phases.at(-1)?.end_date ?? 0;

export const itemsOf = (world: World, phase: Phase) =>
  phase.items.map(({ price, quantity = 1, metadata, tax_rates: rates }) => ({
    price: world.store.prices.get(price),
    quantity,
    metadata: metadata ?? {},
    taxRates: rates ?? [],
  }));

/** What is bought once, when a phase begins. */
export const purchasesOf = (world: World, phase: Phase): Purchase[] =>
  phase.add_invoice_items.map(
    ({ price, quantity, discountable, metadata, period: { start, end }, tax_rates: rates }) => ({
      price: world.store.prices.get(price),
      quantity: quantity ?? 1,
      taxRates: rates ?? [],
      discountable: discountable ?? true,
      metadata: metadata ?? {},
      period: {
        start: start.type === "max_item_period_start" ? "max_item_period_start" : (start.timestamp ?? phase.start_date),
        end: end.type === "min_item_period_end" ? "min_item_period_end" : (end.timestamp ?? phase.end_date),
      },
    }),
  );

/** What makes a subscription's items those of a phase: prices stay with their items, and others take their places. */
export function changesFor(world: World, { items: { data } }: Subscription, phase: Phase): ItemChange[] {
  const wanted = itemsOf(world, phase);
  const kept = wanted.map(({ price }) => data.find((item) => item.price.id === price.id));
  const free = data.filter((item) => !kept.includes(item));
  const changes = wanted.map((to, index): ItemChange => ({ item: kept[index] ?? free.shift() ?? null, to }));
  return [...changes.filter(({ item, to }) => !isSame(item, to)), ...free.map((item) => ({ item, to: null }))];
}

const isSame = (item: SubscriptionItem | null, to: ItemChange["to"]) =>
  item?.price.id === to?.price.id &&
  item?.quantity === to?.quantity &&
  JSON.stringify(item?.metadata ?? {}) === JSON.stringify(to?.metadata ?? {}) &&
  idsOf(item?.tax_rates) === idsOf(to?.taxRates);

const idsOf = (rates: readonly TaxRate[] | null | undefined) => (rates ?? []).map(({ id }) => id).join();

export const currentPhase = (world: World, schedule: Schedule): Schedule["current_phase"] => {
  const phase = phaseAt(schedule, world.now());
  return phase ? { start_date: phase.start_date, end_date: phase.end_date } : null;
};

/** How long before its end a schedule's end is announced. */
const NOTICE_S = 7 * 86_400;

/** Writes down when a schedule goes on, and when its end is announced. */
export function planSchedule(world: World, schedule: Schedule): void {
  const { id, phases } = schedule;
  const next = phaseAt(schedule, world.now())?.end_date ?? phases[0]?.start_date;
  if (next !== undefined) world.schedule("advance_schedule", id, next * 1000);
  const notice = endOf(schedule) - NOTICE_S;
  if (notice > world.now()) world.schedule("schedule_expiring", id, notice * 1000);
  else world.unschedule("schedule_expiring", id);
}

export const stopSchedule = (world: World, id: string) => {
  world.unschedule("advance_schedule", id);
  world.unschedule("schedule_expiring", id);
};
