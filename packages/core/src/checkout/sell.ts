import type Stripe from "stripe";
import { pickOfGroup } from "../catalog/index.ts";
import type { Billing, Clients } from "../clients.ts";
import {
  createCustomer,
  findPayersCustomers,
  listSubscriptions,
  paidByAnother,
  productsOf,
  sendEmail,
} from "../customer/index.ts";
import { BillingError } from "../errors/index.ts";
import { argumentsOf, isOwnCustomer } from "../payer/index.ts";
import { openPortalOf } from "../portal/index.ts";
import { idOf, isMissing, isOver, requiredIdOf } from "../stripe/index.ts";
import { listPlanned } from "../subscription/index.ts";
import { dataOf } from "../supabase/index.ts";
import { type Basket, groupsOf } from "./items.ts";
import { type Lease, saleInProgress, withLease } from "./lease.ts";
import { payerParams, type Sale } from "./params.ts";
import { closeSession, isAsPromised, listInOtherCurrency, listRivals, openSession, pageOf } from "./sessions.ts";

type Params = Stripe.Checkout.SessionCreateParams;
type Schedule = Stripe.SubscriptionSchedule;

/**
 * Sells to a payer, one sale at a time: the page to pay on, or the portal where a subscription of one of its groups runs already.
 * Whatever decides is asked of Stripe: the mirror may be behind.
 */
export function sell(billing: Billing, sale: Sale): Promise<string> {
  return withLease(billing.supabase, sale.payer, (lease) => decide(billing, sale, lease));
}

async function decide(billing: Billing, sale: Sale, lease: Lease): Promise<string> {
  const { payer, buyer, basket } = sale;
  const { trialDays: promised } = basket[0].price;
  const { own, named } = await findPayersCustomers(billing, payer, buyer);
  const elsewhere = (await listOfGroups(billing, named, basket)).some((subscription) => !isOver(subscription));
  if (elsewhere && own.length === 0) throw paidByAnother();
  await sendEmail(billing, payer, buyer, own);
  const [customer = await createCustomer(billing, payer, buyer), ...others] = own;
  const customers = [customer, ...others];
  const hadTrial = promised > 0 && (await hadTrialWhenDeleted(billing, sale));

  for (;;) {
    lease.assertHeld();
    // In this order: a page that was paid before it could be listed, and what was agreed and has begun, is a subscription by then.
    const [rivals, agreed] = await Promise.all([
      listRivals(billing, customers, basket),
      listAgreed(billing, customers, basket),
    ]);
    const held = await listOfGroups(billing, customers, basket);

    const running = held.find((subscription) => !isOver(subscription));
    const trialDays = hadTrial || held.some(isTrial) ? 0 : promised;
    const params = payerParams(sale, customer, trialDays);
    const isBarred = elsewhere || agreed.length > 0;
    const same =
      running || isBarred ? undefined : rivals.find((session) => isAsPromised(session, params) && pageOf(session));
    const foreign = rivals.filter((session) => session !== same);
    if (foreign.length === 0) {
      if (running) return openPortalOf(billing, requiredIdOf(running.customer), `${billing.site.url}/account`);
      if (elsewhere) throw paidByAnother();
      if (isBarred) throw agreedBefore();
      lease.assertHeld();
      try {
        const page = (same && pageOf(same)) ?? (await openInTheirCurrency(billing, sale, params));
        // Who was given the customer meanwhile would have what is paid there. Whoever is given it later: see closeOthersPages.
        if (await isOwnCustomer(billing.supabase, payer, customer)) return page;
        throw saleInProgress();
      } catch (error) {
        const currency = params.currency ?? basket[0].price.currency;
        if (isMismatch(error) && !(await paysInOther(billing, customer, currency)))
          foreign.push(...(await listInOtherCurrency(billing, customer, currency)));
        if (foreign.length === 0) throw error;
      }
    }
    // Then all is looked at anew: one of them may have been paid instead.
    await Promise.all(foreign.map(({ id }) => closeSession(billing.stripe.checkout, id)));
  }
}

const isMismatch = (error: unknown): error is BillingError =>
  error instanceof BillingError && error.code === "currency_mismatch";

/** Whoever pays in another currency is refused whatever is open: to close their pages would gain nothing. */
async function paysInOther(clients: Clients, customer: string, currency: string): Promise<boolean> {
  const subscriptions = await listSubscriptions(clients, [customer]);
  return subscriptions.some((subscription) => !isOver(subscription) && subscription.currency !== currency);
}

/** A currency that nobody asked for gives way to the one that the customer pays in already: they have one at a time. */
async function openInTheirCurrency(billing: Billing, { purchase }: Sale, params: Params): Promise<string> {
  try {
    return await openSession(billing, params);
  } catch (error) {
    const { currency, ...unsaid } = params;
    const yields = currency !== undefined && purchase.currency === undefined;
    if (!yields || !isMismatch(error)) throw error;
    return openSession(billing, unsaid);
  }
}

const isTrial = ({ trial_start }: Stripe.Subscription) => trial_start !== null;

/**
 * Whether the payer had a trial as a customer who was deleted at Stripe since. Where Stripe does not say what such a customer had,
 * it counts as had: a trial is had once.
 */
async function hadTrialWhenDeleted(billing: Billing, { payer, basket }: Sale): Promise<boolean> {
  const deleted = dataOf(await billing.supabase.rpc("find_deleted_customers", argumentsOf(payer)));
  try {
    return (await listOfGroups(billing, deleted, basket)).some(isTrial);
  } catch (error) {
    if (!isMissing(error)) throw error;
    return true;
  }
}

/** What somebody has agreed with the payer, and begins later: bought now, it would be paid for twice from then on. */
async function listAgreed(clients: Clients, customers: string[], basket: Basket): Promise<Schedule[]> {
  const groups = groupsOf(basket);
  if (groups.length === 0) return [];
  const lists = customers.map((customer) => listPlanned(clients.stripe, customer, ["data.phases.items.price"]));
  return pickOfGroup(clients, groups, (await Promise.all(lists)).flat(), productsAgreed);
}

const productsAgreed = ({ phases }: Schedule) =>
  phases.flatMap(({ items }) =>
    items.flatMap(({ price }) => (typeof price === "object" && !price.deleted ? (idOf(price.product) ?? []) : [])),
  );

const agreedBefore = () =>
  new BillingError(
    "subscription_scheduled",
    "A subscription of yours is agreed already, and begins by itself. Ask support to change that.",
    "A customer of the payer has a schedule that has not begun: a subscription beside it would be paid for twice",
  );

/** The subscriptions that a purchase must not stand beside, and those that ended. */
async function listOfGroups(clients: Clients, customers: string[], basket: Basket): Promise<Stripe.Subscription[]> {
  const groups = groupsOf(basket);
  if (groups.length === 0) return [];
  return pickOfGroup(clients, groups, await listSubscriptions(clients, customers), productsOf);
}
