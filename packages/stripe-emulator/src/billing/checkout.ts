import type Stripe from "stripe";
import { createCustomer } from "../resources/customers.ts";
import { attachPaymentMethod, createPaymentMethod, type Payer } from "../resources/payment-methods.ts";
import type { EventRow, SessionDetails } from "../state/rows.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { grant } from "./discounting.ts";
import { attemptPayment, openPayment } from "./payment.ts";
import type { Offer } from "./redeeming.ts";
import { startSubscription, trialEndAfter } from "./subscribing.ts";
import { type Instrument, isChallenged, isDeclined } from "./test-cards.ts";

type CheckoutSession = Stored<Stripe.Checkout.Session>;

/** The buyer's attempt on the hosted page. Declined, or to be confirmed at the bank first: the session stays open. */
export type CheckoutResult = { is: "declined" } | { is: "challenged" } | { is: "complete"; event: EventRow };

type Waiting = "declined" | "challenged";

/** Completes an open session with what the buyer typed. `instrument` is null where nothing is due and none is asked for. */
export function completeCheckout(
  world: World,
  id: string,
  payer: Payer,
  instrument: Instrument | null,
  authenticated = false,
): CheckoutResult {
  const session = world.store.checkoutSessions.get(id);
  const details = world.store.sessionDetails.get(id);
  const paid =
    session.mode === "subscription"
      ? subscribe(world, session, details, payer, instrument, authenticated)
      : payOnce(world, session, details, payer, instrument, authenticated);
  if (typeof paid === "string") return { is: paid };
  world.unschedule("expire_session", id);
  const completed = world.update("checkoutSessions", id, {
    ...paid,
    status: "complete",
    url: null,
    collected_information: { business_name: null, individual_name: null, shipping_details: null },
    customer_details: {
      address: details.address,
      business_name: null,
      email: payer.email,
      individual_name: null,
      name: payer.name,
      phone: null,
      tax_exempt: world.store.customers.find(paid.customer)?.tax_exempt ?? "none",
      tax_ids: [],
    },
  });
  return { is: "complete", event: world.emit("checkout.session.completed", completed) };
}

/** The session's customer: the existing one, a new one, or (a guest's payment) none. */
function customerOf(world: World, session: CheckoutSession, details: SessionDetails, payer: Payer): string | null {
  const { address } = details;
  if (session.customer !== null) {
    const typed = {
      ...(details.updatesCustomerName && payer.name !== null ? { name: payer.name } : {}),
      ...(details.updatesCustomerAddress && address !== null ? { address } : {}),
    };
    world.update("customers", session.customer, typed, "customer.updated");
    return session.customer;
  }
  if (session.customer_creation !== "always") return null;
  return createCustomer(world, { email: payer.email, name: payer.name, address }).id;
}

/** Waiting: nothing was made: neither a customer nor a subscription. */
function subscribe(
  world: World,
  session: CheckoutSession,
  details: SessionDetails,
  payer: Payer,
  instrument: Instrument | null,
  authenticated: boolean,
): Partial<CheckoutSession> | Waiting {
  if (isDeclined(instrument?.outcome)) return "declined";
  if (isChallenged(instrument?.outcome) && !authenticated) return "challenged";
  const customer = customerOf(world, session, details, payer) ?? "";
  const method = instrument && createPaymentMethod(world, instrument, { ...payer, address: details.address });
  if (method) attachPaymentMethod(world, method.id, customer);
  const { metadata, trialPeriodDays: days, description, missingPaymentMethod } = details.subscriptionData;
  const { subscription, attempt } = startSubscription(world, {
    customer,
    items: details.lineItems.flatMap(({ price, quantity }) => (price ? [{ price, quantity: quantity ?? 1 }] : [])),
    paymentMethod: method,
    keepsMethod: true,
    metadata,
    description,
    trialEnd: days ? trialEndAfter(world, days) : null,
    automaticTax: session.automatic_tax.enabled,
    discounts: offersOf(session),
    missingPaymentMethod,
    authenticated,
  });
  return {
    customer,
    subscription: subscription.id,
    invoice: subscription.latest_invoice,
    payment_status: session.amount_total === 0 ? "no_payment_required" : attempt === "succeeded" ? "paid" : "unpaid",
  };
}

const offersOf = ({ discounts }: CheckoutSession): Offer[] =>
  (discounts ?? []).flatMap(({ coupon, promotion_code: promotionCode }) =>
    coupon === null ? [] : [{ coupon, promotionCode }],
  );

/** Waiting: the payment intent stays with the session for the next attempt. */
function payOnce(
  world: World,
  session: CheckoutSession,
  details: SessionDetails,
  payer: Payer,
  instrument: Instrument | null,
  authenticated: boolean,
): Partial<CheckoutSession> | Waiting {
  const waits = isDeclined(instrument?.outcome) || (isChallenged(instrument?.outcome) && !authenticated);
  const customer = waits ? session.customer : customerOf(world, session, details, payer);
  const amount = session.amount_total ?? 0;
  if (!waits) for (const offer of offersOf(session)) grant(world, offer, { customer, checkout_session: session.id });
  if (amount === 0 || !instrument) return { customer };
  const intent =
    world.store.paymentIntents.find(session.payment_intent) ??
    openPayment(world, { amount, currency: session.currency ?? "usd", customer, ...details.paymentIntentData });
  world.update("paymentIntents", intent.id, { customer, amount });
  const method = createPaymentMethod(world, instrument, { ...payer, address: details.address });
  if (!waits && customer !== null && details.paymentIntentData.keepPaymentMethod)
    attachPaymentMethod(world, method.id, customer);
  const attempt = attemptPayment(world, intent.id, method, { authenticated });
  if (attempt === "declined" || attempt === "requires_action") {
    world.update("checkoutSessions", session.id, { payment_intent: intent.id });
    return attempt === "declined" ? "declined" : "challenged";
  }
  return { customer, payment_intent: intent.id, payment_status: attempt === "succeeded" ? "paid" : "unpaid" };
}

/** Ends an open session: its page takes no payment any more. */
export function expireSession(world: World, id: string): CheckoutSession {
  world.unschedule("expire_session", id);
  const expired = world.update("checkoutSessions", id, { status: "expired", url: null });
  world.emit("checkout.session.expired", expired);
  return expired;
}
