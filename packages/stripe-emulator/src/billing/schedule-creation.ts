import type Stripe from "stripe";
import { newId } from "../state/ids.ts";
import type { World } from "../world.ts";
import { cancellation } from "./changing.ts";
import { draftInvoice } from "./invoice-draft.ts";
import { purchaseLines } from "./invoice-item.ts";
import { scheduleLife } from "./life.ts";
import {
  currentPhase,
  endOf,
  itemsOf,
  type Phase,
  planSchedule,
  purchasesOf,
  type Schedule,
} from "./schedule-phases.ts";
import { newSubscription, periodLines, type Subscription } from "./subscription.ts";

/** A schedule's first invoice stays a draft for about an hour, as those of renewals do. */
const DRAFT_S = 3600;

export interface ScheduleDraft {
  customer: string;
  /** The subscription that it takes over; null: it makes one of its own. */
  subscription: Subscription | null;
  phases: Phase[];
  endBehavior: "cancel" | "release";
  metadata: Stripe.Metadata;
}

/** Writes down what is to become of a subscription, and begins it if it is time (https://docs.stripe.com/billing/subscriptions/subscription-schedules). */
export function createSchedule(world: World, draft: ScheduleDraft): Schedule {
  const { id } = world.store.subscriptionSchedules.put(newSchedule(world, draft));
  if (draft.subscription) takeOver(world, id, draft.subscription);
  else if ((draft.phases[0]?.start_date ?? 0) <= world.now()) beginSchedule(world, id);
  const schedule = world.store.subscriptionSchedules.get(id);
  world.emit("subscription_schedule.created", schedule);
  planSchedule(world, schedule);
  return schedule;
}

function newSchedule(world: World, { customer, phases, endBehavior, metadata }: ScheduleDraft): Schedule {
  return {
    id: newId("sub_sched"),
    object: "subscription_schedule",
    application: null,
    billing_mode: { type: "flexible", flexible: { proration_discounts: "included" }, updated_at: world.now() },
    canceled_at: null,
    completed_at: null,
    created: world.now(),
    current_phase: null,
    customer,
    customer_account: null,
    default_settings: {
      application_fee_percent: null,
      billing_cycle_anchor: "automatic",
      billing_thresholds: null,
      collection_method: "charge_automatically",
      default_payment_method: null,
      description: null,
      invoice_settings: {
        account_tax_ids: null,
        custom_fields: null,
        days_until_due: null,
        description: null,
        footer: null,
        issuer: { type: "self" },
      },
      on_behalf_of: null,
      transfer_data: null,
    },
    end_behavior: endBehavior,
    livemode: false,
    metadata,
    pause_schedules: [],
    phases,
    released_at: null,
    released_subscription: null,
    status: "not_started",
    subscription: null,
    test_clock: world.store.customers.find(customer)?.test_clock ?? null,
  };
}

function takeOver(world: World, id: string, { id: subscription }: Subscription): void {
  const schedule = world.store.subscriptionSchedules.get(id);
  const patch = { status: "active", subscription, current_phase: currentPhase(world, schedule) };
  world.update("subscriptionSchedules", id, patch);
  world.update("subscriptions", subscription, { schedule: id }, "customer.subscription.updated");
}

/** The first phase begins: there is a subscription, whose first invoice is a draft for an hour. */
export function beginSchedule(world: World, id: string): void {
  const schedule = world.store.subscriptionSchedules.get(id);
  const [phase] = schedule.phases;
  if (!phase || !world.store.customers.find(schedule.customer)) return;
  const method = world.store.paymentMethods.find(phase.default_payment_method) ?? null;
  const draft = newSubscription(world, {
    customer: schedule.customer,
    currency: phase.currency,
    items: itemsOf(world, phase),
    paymentMethod: method,
    defaultMethod: method?.id ?? null,
    metadata: phase.metadata ?? {},
    description: phase.description,
    trialEnd: null,
    automaticTax: phase.automatic_tax?.enabled ?? false,
    taxRates: phase.default_tax_rates ?? [],
    discounts: [],
    missingPaymentMethod: "create_invoice",
  });
  const invoice = newId("in");
  const end = schedule.end_behavior === "cancel" ? cancellation(world, draft, endOf(schedule), false) : {};
  const begun: Subscription = { ...draft, ...end, status: "active", schedule: id, latest_invoice: invoice };
  const subscription = world.store.subscriptions.put(begun);
  const patch = { status: "active", subscription: subscription.id, current_phase: currentPhase(world, schedule) };
  world.update("subscriptionSchedules", id, patch);
  world.emit("customer.subscription.created", subscription);
  scheduleLife(world, subscription);
  const { currency, customer, items } = subscription;
  const beside = { customer, currency, invoice, subscription: subscription.id, items: items.data };
  const bought = purchaseLines(world, purchasesOf(world, phase), beside);
  const finalizes = world.now() + DRAFT_S;
  draftInvoice(world, {
    id: invoice,
    customer,
    subscription,
    currency,
    reason: "subscription_create",
    lines: [...items.data.flatMap((item) => periodLines(world, item, currency, false)), ...bought],
    attributes: { automatically_finalizes_at: finalizes },
  });
  world.schedule("finalize_invoice", invoice, finalizes * 1000);
}
