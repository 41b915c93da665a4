import type Stripe from "stripe";
import { idOf } from "../stripe/index.ts";
import type { Showing } from "./showing.ts";

/** Shows a customer with all that Stripe lists of it. */
export async function gatherCustomer(showing: Showing, customer: string): Promise<void> {
  if (!(await showing.one("customer", customer))) return;
  const [charges] = await Promise.all([
    showing.list("charge", { customer }),
    showing.list("subscription", { customer }),
    showing.list("subscription_schedule", { customer }),
    showing.list("checkout_session", { customer }),
    showing.list("invoice", { customer }),
    showing.list("payment_intent", { customer }),
    showing.list("credit_note", { customer }),
    showing.list("payment_method", { customer }),
    showing.one("entitlements", customer),
  ]);
  await Promise.all(
    charges.flatMap(({ id, amount_refunded, disputed }) => [
      ...(amount_refunded > 0 ? [showing.list("refund", { charge: id })] : []),
      ...(disputed ? [showing.list("dispute", { charge: id })] : []),
    ]),
  );
}

/** Shows a subscription with its customer and what was billed for it. */
export async function gatherSubscription(showing: Showing, id: string): Promise<void> {
  const subscription = await showing.one("subscription", id);
  if (!subscription) return;
  const schedule = idOf(subscription.schedule);
  await Promise.all([
    showing.one("customer", idOf(subscription.customer) ?? ""),
    showing.list("invoice", { subscription: id }),
    ...(schedule ? [showing.one("subscription_schedule", schedule)] : []),
  ]);
}

/** Shows a payment whole, whichever of its parts the id is of: what was paid, by which payment, and what of it went back. */
export async function gatherPayment(showing: Showing, id: string): Promise<void> {
  const { intents, invoices, charge, customer } = await findParts(showing, id);
  await Promise.all(intents.map((intent) => gatherIntent(showing, intent, invoices)));
  await Promise.all([
    ...invoices.map(async (invoice) => {
      await showing.one("invoice", invoice);
      await showing.list("credit_note", { invoice });
    }),
    ...(charge && intents.length === 0 ? [gatherCharge(showing, { charge })] : []),
    ...(customer ? [showing.one("customer", customer)] : []),
  ]);
}

interface Parts {
  intents: string[];
  invoices: string[];
  /** Of a payment that has nothing else. */
  charge?: string | null;
  customer?: string | null;
}

async function findParts(showing: Showing, id: string): Promise<Parts> {
  const none = { intents: [], invoices: [] };
  const ids = (...found: (string | null | undefined)[]) => found.flatMap((each) => each ?? []);
  if (id.startsWith("in_")) {
    const invoice = await showing.one("invoice", id);
    return { intents: showing.idsOf("payment_intent"), invoices: [id], customer: idOf(invoice?.customer) };
  }
  if (id.startsWith("pi_")) {
    const intent = await showing.one("payment_intent", id);
    return { intents: ids(intent?.id), invoices: [], customer: idOf(intent?.customer) };
  }
  if (id.startsWith("cs_")) {
    const session = await showing.one("checkout_session", id);
    return {
      intents: ids(idOf(session?.payment_intent)),
      invoices: ids(idOf(session?.invoice)),
      customer: idOf(session?.customer),
    };
  }
  if (/^(re|pyr)_/.test(id)) return findPartsOf(showing, await showing.one("refund", id));
  if (/^(dp|du)_/.test(id)) return findPartsOf(showing, await showing.one("dispute", id));
  const charge = await showing.one("charge", id);
  return { ...none, intents: ids(idOf(charge?.payment_intent)), charge: id, customer: idOf(charge?.customer) };
}

/** What went back does not say whose it was; its charge does. */
async function findPartsOf(showing: Showing, back: Stripe.Refund | Stripe.Dispute | undefined): Promise<Parts> {
  const charge = idOf(back?.charge);
  const shown = charge ? await showing.one("charge", charge) : undefined;
  const intent = idOf(back?.payment_intent);
  return { intents: intent ? [intent] : [], invoices: [], charge, customer: idOf(shown?.customer) };
}

/** Shows a payment intent with what hangs on it, and adds the invoices that it paid. */
async function gatherIntent(showing: Showing, payment_intent: string, invoices: string[]): Promise<void> {
  const [parts] = await Promise.all([
    showing.list("invoice_payment", { "payment[type]": "payment_intent", "payment[payment_intent]": payment_intent }),
    showing.one("payment_intent", payment_intent),
    showing.list("charge", { payment_intent }),
    showing.list("checkout_session", { payment_intent }),
    gatherCharge(showing, { payment_intent }),
  ]);
  for (const { invoice } of parts) {
    const id = idOf(invoice);
    if (id && !invoices.includes(id)) invoices.push(id);
  }
}

async function gatherCharge(showing: Showing, filter: { charge: string } | { payment_intent: string }): Promise<void> {
  await Promise.all([
    showing.list("refund", filter),
    showing.list("dispute", filter),
    showing.list("early_fraud_warning", filter),
    ...("charge" in filter ? [showing.one("charge", filter.charge)] : []),
  ]);
}
