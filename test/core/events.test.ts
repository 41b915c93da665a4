import { readFileSync } from "node:fs";
import { enabledEvents, readEvent } from "@turnpike/core/mirror";
import type Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { event } from "../builders.ts";
import { samples } from "./samples.ts";

const AT = 1_790_000_000;
const read = (type: string, object: object) => readEvent(event(type as Stripe.Event.Type, object, AT));

/** Every event that the webhook endpoint is created with, by the object that it shows. */
const EVENTS: Record<string, string[]> = {
  customer: ["customer.created", "customer.updated", "customer.deleted"],
  product: ["product.created", "product.updated", "product.deleted"],
  price: ["price.created", "price.updated", "price.deleted"],
  subscription: [
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.pending_update_applied",
    "customer.subscription.pending_update_expired",
    "customer.subscription.trial_will_end",
  ],
  subscription_schedule: ["created", "updated", "canceled", "completed", "released", "aborted", "expiring"].map(
    (what) => `subscription_schedule.${what}`,
  ),
  checkout_session: ["completed", "async_payment_succeeded", "async_payment_failed", "expired"].map(
    (what) => `checkout.session.${what}`,
  ),
  // Without invoice.created: Stripe finalises no invoice until that event was taken.
  invoice: [
    "invoice.finalized",
    "invoice.updated",
    "invoice.overdue",
    "invoice.paid",
    "invoice.payment_succeeded",
    "invoice.payment_failed",
    "invoice.payment_action_required",
    "invoice.finalization_failed",
    "invoice.voided",
    "invoice.marked_uncollectible",
    "invoice.deleted",
  ],
  invoice_payment: ["invoice_payment.paid"],
  credit_note: ["credit_note.created", "credit_note.updated", "credit_note.voided"],
  payment_intent: [
    "payment_intent.succeeded",
    "payment_intent.processing",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "payment_intent.requires_action",
    "payment_intent.amount_capturable_updated",
  ],
  charge: ["charge.succeeded", "charge.captured", "charge.refunded"],
  refund: ["refund.created", "refund.updated", "refund.failed"],
  dispute: ["created", "updated", "funds_withdrawn", "funds_reinstated", "closed"].map(
    (what) => `charge.dispute.${what}`,
  ),
  early_fraud_warning: ["radar.early_fraud_warning.created", "radar.early_fraud_warning.updated"],
  entitlements: ["entitlements.active_entitlement_summary.updated"],
  payment_method: ["attached", "updated", "automatically_updated", "detached"].map((what) => `payment_method.${what}`),
};

/** Of whom someone must be told. */
const NOTICES: Record<string, string> = {
  "customer.subscription.trial_will_end": "trial_will_end",
  "invoice.payment_failed": "payment_failed",
  "invoice.payment_action_required": "payment_action_required",
  "invoice.finalization_failed": "invoice_finalization_failed",
  "refund.failed": "refund_failed",
  "charge.dispute.created": "dispute_opened",
  "charge.dispute.closed": "dispute_closed",
  "radar.early_fraud_warning.created": "early_fraud_warning",
};
/** Those that show only a part: Stripe is asked for the rest. */
const PARTIAL = ["invoice.payment_failed", "invoice.payment_action_required"];
/** Those after which nothing of the object changes any more. */
const DELETIONS = [
  "customer.subscription.deleted",
  "customer.deleted",
  "product.deleted",
  "price.deleted",
  "invoice.deleted",
  "payment_method.detached",
];
/** What Stripe forgets when it is deleted. */
const FORGOTTEN = ["product", "price"];

const pairs = Object.entries(EVENTS).flatMap(([object, types]) => types.map((type) => [type, object] as const));

it("Stripe is asked for the events of every object, and for no other", () => {
  expect([...enabledEvents].sort()).toEqual(pairs.map(([type]) => type).sort());
});

it("every event that Stripe is asked for is one that Stripe has, and can be read", () => {
  const declared = readFileSync(
    new URL("../../node_modules/stripe/esm/resources/Events.d.ts", import.meta.url),
    "utf8",
  );
  for (const [type, object] of pairs) {
    expect(declared, type).toContain(`'${type}'`);
    expect(read(type, samples[object] ?? {})?.projection.object_id, type).toBeTruthy();
  }
});

describe("an event", () => {
  it.each(pairs)("%s shows a %s, and who must be told of it", (type, object) => {
    const shown = read(type, samples[object] ?? {});
    expect(shown?.projection).toMatchObject({ object, deleted: DELETIONS.includes(type) });
    expect(shown?.notify).toBe(NOTICES[type]);
    expect(shown?.partial).toBe(PARTIAL.includes(type));
    if (FORGOTTEN.includes(object)) {
      expect(shown?.forgotten).toEqual({ ...read(type.replace(/\w+$/, "deleted"), samples[object] ?? {})?.projection });
    } else expect(shown?.forgotten).toBeUndefined();
  });

  it("of a subscription that changes by a schedule tells of other terms, and of a renewal, which moves the items' periods, does not", () => {
    const { items, ...rest } = samples.subscription as unknown as Stripe.Subscription;
    const scheduled = { ...rest, items, schedule: "sub_sched_1" };
    const notifyOf = (previous_attributes: object, object: object = scheduled) => {
      const shown = event("customer.subscription.updated", object as never, AT);
      return readEvent({ ...shown, data: { ...shown.data, previous_attributes } } as Stripe.Event)?.notify;
    };
    const itemsBefore = (change: object) => ({
      items: { ...items, data: items.data.map((item) => ({ ...item, ...change })) },
    });
    expect(notifyOf(itemsBefore({ current_period_start: 1, current_period_end: 2 }))).toBeUndefined();
    expect(notifyOf({ latest_invoice: "in_1" })).toBeUndefined();
    for (const change of [
      { quantity: 7 },
      { price: { id: "price_other" } },
      { discounts: ["di_1"] },
      { tax_rates: [{ id: "txr_1" }] },
    ]) {
      expect(notifyOf(itemsBefore(change)), JSON.stringify(change)).toBe("terms_changed");
      expect(notifyOf(itemsBefore(change), { ...scheduled, schedule: null })).toBeUndefined();
    }
    for (const name of ["automatic_tax", "default_payment_method", "discounts"])
      expect(notifyOf({ [name]: null })).toBe("terms_changed");
    // Of a list that is cut nobody sees what changed.
    expect(notifyOf(itemsBefore({}), { ...scheduled, items: { ...items, has_more: true } })).toBe("terms_changed");
  });

  it("of a creation came before every other of its second", () => {
    for (const [type, object] of pairs.filter(([name]) => name.endsWith(".created"))) {
      const rank = (name: string) => read(name, samples[object] ?? {})?.projection.rank ?? Number.NaN;
      const [other = ""] = (EVENTS[object] ?? []).filter((name) => !name.endsWith(".created"));
      expect(rank(type), type).toBe(rank(other) - 1);
    }
  });

  it.each(["balance.available", "invoice.created", "toString", "__proto__", ""])("of type %j is of no use", (type) => {
    expect(read(type, samples.invoice ?? {})).toBeUndefined();
  });

  it("of a connected account's object is of no use: its owner could name any user", () => {
    const own = event("customer.updated", samples.customer ?? {}, AT);
    expect(readEvent(own)).toBeDefined();
    expect(readEvent({ ...own, account: "acct_1" })).toBeUndefined();
  });

  it("of one kind that shows an object of another cannot be read: its fields would pass for the other's", () => {
    for (const kind of ["customer", "subscription_schedule", ""]) {
      const shown = { ...samples.subscription, object: kind };
      expect(() => read("customer.subscription.updated", shown)).toThrow("subscription.object: it is of another kind");
    }
  });

  it("without an object, or one without an id, cannot be read, and says so", () => {
    for (const object of [undefined, null, "text"]) {
      expect(() => read("product.updated", object as never)).toThrow("product: there is no object");
    }
    expect(() => readEvent({ ...event("product.updated", {}, AT), data: undefined } as never)).toThrow(
      "product: there is no object",
    );
    for (const id of [undefined, null, "", 7]) {
      expect(() => read("product.updated", { ...samples.product, id })).toThrow(
        expect.objectContaining({ name: "UnreadableError", message: "product.id: the product has no id" }),
      );
    }
  });
});
