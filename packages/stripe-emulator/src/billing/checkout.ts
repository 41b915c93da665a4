import type Stripe from "stripe";
import type { EventRow, TaxId } from "../state/rows.ts";
import type { SessionDetails } from "../state/selling.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { cancelPayment } from "./capturing.ts";
import { putCustomer } from "./customer.ts";
import { grant } from "./discounting.ts";
import { attemptPayment, openPayment } from "./payment.ts";
import { attachPaymentMethod, createPaymentMethod, type Payer } from "./payment-method.ts";
import { invoicePurchase, type Purchase } from "./purchase-invoice.ts";
import type { Offer } from "./redeeming.ts";
import { beginningOf, dueOn, ratesOf, trialEndOf } from "./session-pricing.ts";
import { attemptSetup, cancelSetup } from "./setup.ts";
import { startSubscription } from "./subscribing.ts";
import { putTaxId, taxIdsOf } from "./tax-ids.ts";
import { type Instrument, isChallenged, isDeclined } from "./test-cards.ts";

type CheckoutSession = Stored<Stripe.Checkout.Session>;

/** The buyer's attempt on the hosted page. Declined, or to be confirmed at the bank first: the session stays open. */
export type CheckoutResult = { is: "declined" } | { is: "challenged" } | { is: "complete"; event: EventRow };

type Waiting = "declined" | "challenged";

/** What the buyer typed, and the session that it is for. */
interface Confirmation {
  session: CheckoutSession;
  details: SessionDetails;
  payer: Payer;
  /** Null where nothing is due and none is asked for. */
  instrument: Instrument | null;
  /** The buyer has passed the bank's challenge. */
  authenticated: boolean;
}

/** Completes an open session with what the buyer typed. */
export function completeCheckout(
  world: World,
  id: string,
  payer: Payer,
  instrument: Instrument | null,
  authenticated = false,
): CheckoutResult {
  const session = world.store.checkoutSessions.get(id);
  const details = world.store.sessionDetails.get(id);
  const confirm = session.mode === "subscription" ? subscribe : session.mode === "setup" ? saveMethod : payOnce;
  const paid = confirm(world, { session, details, payer, instrument, authenticated });
  if (typeof paid === "string") return { is: paid };
  world.unschedule("expire_session", id);
  const completed = world.update("checkoutSessions", id, {
    ...paid,
    status: "complete",
    url: null,
    custom_fields: details.customFields ?? session.custom_fields,
    consent: session.consent_collection?.terms_of_service === "required" ? ACCEPTED : null,
    collected_information: { business_name: null, individual_name: null, shipping_details: null },
    customer_details: {
      ...NO_DETAILS,
      address: details.address,
      email: payer.email,
      name: payer.name,
      tax_exempt: world.store.customers.find(paid.customer)?.tax_exempt ?? "none",
      tax_ids: details.taxId ? [details.taxId] : [],
    },
  });
  return { is: "complete", event: world.emit("checkout.session.completed", completed) };
}

const NO_DETAILS = {
  address: null,
  business_name: null,
  email: null,
  individual_name: null,
  name: null,
  phone: null,
  tax_exempt: "none" as const,
  tax_ids: [],
};

/** Nobody can pay without. */
const ACCEPTED = { promotions: null, terms_of_service: "accepted" as const };

/** The session's customer: the existing one (who gets the e-mail typed if they have none), a new one, or (a guest's payment without an invoice) none. */
function customerOf(world: World, confirmation: Confirmation): string | null {
  const id = writeCustomer(world, confirmation);
  const { taxId } = confirmation.details;
  if (id !== null && taxId !== null) rememberTaxId(world, id, taxId);
  return id;
}

/** One that the customer has is not written down twice. */
function rememberTaxId(world: World, customer: string, taxId: TaxId): void {
  if (!taxIdsOf(world, customer).some(({ value }) => value === taxId.value)) putTaxId(world, customer, taxId);
}

function writeCustomer(world: World, { session, details, payer }: Confirmation): string | null {
  const { address } = details;
  if (session.customer !== null) {
    const { id, email, name } = world.store.customers.get(session.customer);
    const typed = {
      email: email ?? payer.email,
      name: details.updatesCustomerName ? (payer.name ?? name) : name,
      ...(details.updatesCustomerAddress && address !== null ? { address } : {}),
    };
    world.update("customers", id, typed, "customer.updated");
    return id;
  }
  if (session.customer_creation !== "always" && !details.invoiceCreation) return null;
  return putCustomer(world, { email: payer.email, name: payer.name, address }).id;
}

/** Waiting: nothing was made: neither a customer nor a subscription. */
function subscribe(world: World, confirmation: Confirmation): Partial<CheckoutSession> | Waiting {
  const { session, details, payer, instrument, authenticated } = confirmation;
  if (isDeclined(instrument?.outcome)) return "declined";
  if (isChallenged(instrument?.outcome) && !authenticated) return "challenged";
  const due = dueOn(world, session);
  const customer = customerOf(world, confirmation) ?? "";
  const method = instrument && createPaymentMethod(world, instrument, { ...payer, address: details.address });
  if (method) attachPaymentMethod(world, method.id, customer);
  const { metadata, description, missingPaymentMethod } = details.subscriptionData;
  const bought = details.lineItems.flatMap((item) =>
    item.price ? [{ price: item.price, quantity: item.quantity ?? 1, taxRates: ratesOf(details, item) }] : [],
  );
  const { subscription, attempt } = startSubscription(world, {
    customer,
    currency: session.currency ?? "usd",
    items: bought.filter(({ price }) => price.recurring),
    purchases: bought.filter(({ price }) => !price.recurring),
    paymentMethod: method,
    defaultMethod: method?.id ?? null,
    metadata,
    description,
    trialEnd: trialEndOf(world, details),
    ...beginningOf(world, details),
    automaticTax: session.automatic_tax.enabled,
    taxRates: details.subscriptionData.taxRates ?? [],
    discounts: offersOf(session),
    missingPaymentMethod,
    paysAhead: true,
    authenticated,
  });
  return {
    customer,
    subscription: subscription.id,
    invoice: subscription.latest_invoice,
    payment_status: due === 0 ? "no_payment_required" : attempt === "succeeded" ? "paid" : "unpaid",
  };
}

const offersOf = ({ discounts }: CheckoutSession): Offer[] =>
  (discounts ?? []).flatMap(({ coupon, promotion_code: promotionCode }) =>
    coupon === null ? [] : [{ coupon, promotionCode }],
  );

/** Waiting: the payment intent stays with the session for the next attempt. */
function payOnce(world: World, confirmation: Confirmation): Partial<CheckoutSession> | Waiting {
  const { session, details, payer, instrument, authenticated } = confirmation;
  const waits = isDeclined(instrument?.outcome) || (isChallenged(instrument?.outcome) && !authenticated);
  const customer = waits ? session.customer : customerOf(world, confirmation);
  const amount = session.amount_total ?? 0;
  const granted = waits
    ? []
    : offersOf(session).map((offer) => grant(world, offer, { customer, checkout_session: session.id }));
  const invoice = (intent: string | null, paid: boolean) =>
    invoiced(world, session, { customer, intent, paid, discounts: granted });
  if (amount === 0 || !instrument) return { customer, ...invoice(null, true) };
  const intent =
    world.store.paymentIntents.find(session.payment_intent) ??
    openPayment(world, { amount, currency: session.currency ?? "usd", customer, ...details.paymentIntentData });
  world.update("paymentIntents", intent.id, { customer, amount });
  const method = createPaymentMethod(world, instrument, { ...payer, address: details.address });
  if (!waits && customer !== null && details.paymentIntentData.futureUsage)
    attachPaymentMethod(world, method.id, customer);
  const attempt = attemptPayment(world, intent.id, method, { authenticated });
  if (attempt === "declined" || attempt === "requires_action") {
    world.update("checkoutSessions", session.id, { payment_intent: intent.id });
    return attempt === "declined" ? "declined" : "challenged";
  }
  const paid = attempt === "succeeded";
  return {
    customer,
    payment_intent: intent.id,
    payment_status: paid ? "paid" : "unpaid",
    ...invoice(intent.id, paid),
  };
}

/** The invoice of the purchase, where the session asks for one. */
function invoiced(
  world: World,
  session: CheckoutSession,
  { customer, ...purchase }: Omit<Purchase, "customer"> & { customer: string | null },
): Partial<CheckoutSession> {
  if (!world.store.sessionDetails.get(session.id).invoiceCreation || customer === null) return {};
  return { invoice: invoicePurchase(world, session, { ...purchase, customer }) };
}

/** Waiting: the setup intent, which the session has from the start, stays for the next attempt. */
function saveMethod(world: World, confirmation: Confirmation): Partial<CheckoutSession> | Waiting {
  const { session, payer, instrument, authenticated } = confirmation;
  const intent = session.setup_intent;
  if (!instrument || intent === null)
    throw new Error("A session in setup mode has a setup intent and asks for a method.");
  const waits = instrument.outcome === "declined" || (isChallenged(instrument.outcome) && !authenticated);
  const customer = waits ? session.customer : customerOf(world, confirmation);
  world.update("setupIntents", intent, { customer });
  const method = createPaymentMethod(world, instrument, payer);
  const attempt = attemptSetup(world, intent, method, { authenticated });
  if (attempt !== "succeeded") return attempt === "declined" ? "declined" : "challenged";
  return { customer };
}

/**
 * The address that its customer has when a session expires stands on it:
 * https://docs.stripe.com/api/checkout/sessions/object#checkout_session_object-customer_details-email
 */
function detailsAtExpiry({ store }: World, id: string): Partial<CheckoutSession> {
  const email = store.customers.find(store.checkoutSessions.get(id).customer)?.email ?? null;
  return email === null ? {} : { customer_details: { ...NO_DETAILS, email } };
}

/** Ends an open session: its page takes no payment any more, and the attempt it waited for is cancelled. */
export function expireSession(world: World, id: string): CheckoutSession {
  world.unschedule("expire_session", id);
  const expired = world.update("checkoutSessions", id, { status: "expired", url: null, ...detailsAtExpiry(world, id) });
  world.emit("checkout.session.expired", expired);
  const payment = world.store.paymentIntents.find(expired.payment_intent);
  if (payment) cancelPayment(world, payment.id, "expired");
  if (expired.setup_intent !== null) cancelSetup(world, expired.setup_intent, null);
  return expired;
}
