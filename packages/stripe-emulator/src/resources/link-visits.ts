import type Stripe from "stripe";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import type { CreateSessionParams } from "./checkout-session-params.ts";
import { type CheckoutSession, createSession } from "./checkout-sessions.ts";
import { modeOf, type PaymentLink } from "./payment-links.ts";

/** What the address says that a buyer came by. */
export interface Visit {
  reference: string | null;
  /** Stands in the e-mail's field, and may be changed. */
  prefilledEmail: string | null;
  /** May not be changed. */
  email: string | null;
}

/** Where Stripe says that a buyer leads back to when the page itself thanks them. */
const STRIPE = "https://stripe.com";

/** Letters, digits, dashes and underscores, up to 200; others are dropped without a word. */
const isReference = (text: string | null): text is string => text !== null && /^[\w-]{1,200}$/.test(text);

/** The session of one visit to a payment link. */
export function openLink(world: World, link: PaymentLink, visit: Visit): CheckoutSession {
  const session = createSession(world, {
    ...sessionOf(world, link),
    ...(isReference(visit.reference) ? { client_reference_id: visit.reference } : {}),
    ...(visit.email === null ? {} : { customer_email: visit.email }),
  });
  const details = world.store.sessionDetails.get(session.id);
  const { hosted_confirmation: confirmation } = link.after_completion;
  world.store.sessionDetails.put({
    ...details,
    prefilledEmail: visit.prefilledEmail,
    thanks: confirmation ? (confirmation.custom_message ?? "") : null,
  });
  return world.update("checkoutSessions", session.id, { payment_link: link.id });
}

function sessionOf(world: World, link: PaymentLink): CreateSessionParams {
  const { items } = world.store.linkItems.get(link.id);
  const mode = modeOf(items);
  const { redirect } = link.after_completion;
  return {
    mode,
    currency: link.currency,
    line_items: items.map(asked),
    allow_promotion_codes: link.allow_promotion_codes,
    billing_address_collection: link.billing_address_collection as "auto" | "required",
    metadata: link.metadata,
    success_url: redirect?.url ?? STRIPE,
    cancel_url: STRIPE,
    submit_type: link.submit_type as CreateSessionParams["submit_type"],
    ...(link.automatic_tax.enabled ? { automatic_tax: { enabled: true } } : {}),
    ...(link.tax_id_collection.enabled
      ? { tax_id_collection: { enabled: true, required: link.tax_id_collection.required as "if_supported" | "never" } }
      : {}),
    ...(mode === "subscription" ? ofSubscription(link) : ofPayment(link)),
  };
}

const asked = ({ price, quantity, adjustable_quantity: adjustable }: Stored<Stripe.LineItem>) => ({
  price: price?.id,
  ...(quantity === null ? {} : { quantity }),
  ...(adjustable
    ? {
        adjustable_quantity: {
          enabled: adjustable.enabled,
          minimum: adjustable.minimum ?? undefined,
          maximum: adjustable.maximum ?? undefined,
        },
      }
    : {}),
});

const ofSubscription = ({ payment_method_collection, subscription_data: data }: PaymentLink) => ({
  payment_method_collection: payment_method_collection as "always" | "if_required",
  subscription_data: {
    metadata: data?.metadata,
    description: data?.description ?? undefined,
    trial_period_days: data?.trial_period_days ?? undefined,
    trial_settings: (data?.trial_settings ?? undefined) as NonNullable<
      CreateSessionParams["subscription_data"]
    >["trial_settings"],
  },
});

const ofPayment = ({ customer_creation, invoice_creation: invoice, payment_intent_data: data }: PaymentLink) => ({
  customer_creation: customer_creation as "always" | "if_required",
  ...(invoice?.enabled
    ? {
        invoice_creation: {
          enabled: true,
          invoice_data: {
            metadata: invoice.invoice_data?.metadata ?? {},
            description: invoice.invoice_data?.description ?? undefined,
            footer: invoice.invoice_data?.footer ?? undefined,
          },
        },
      }
    : {}),
  payment_intent_data: {
    metadata: data?.metadata,
    description: data?.description ?? undefined,
    capture_method: (data?.capture_method ?? undefined) as "manual" | undefined,
    setup_future_usage: (data?.setup_future_usage ?? undefined) as "off_session" | undefined,
  },
});

/** The session of a buyer who chose a price in a pricing table: the table is made in Stripe's dashboard, and has no API. */
export function openTable(world: World, price: string, visit: Visit): CheckoutSession {
  const row = world.store.prices.find(price);
  const metered = row?.recurring?.usage_type === "metered";
  const session = createSession(world, {
    mode: row?.recurring ? "subscription" : "payment",
    line_items: [{ price, ...(metered ? {} : { quantity: 1 }) }],
    success_url: STRIPE,
    cancel_url: STRIPE,
    ...(isReference(visit.reference) ? { client_reference_id: visit.reference } : {}),
    ...(visit.email === null ? {} : { customer_email: visit.email }),
  });
  world.store.sessionDetails.put({ ...world.store.sessionDetails.get(session.id), thanks: "" });
  return session;
}
