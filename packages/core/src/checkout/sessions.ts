import type Stripe from "stripe";
import { pickOfGroup } from "../catalog/index.ts";
import type { Clients } from "../clients.ts";
import { atSameAccount } from "../customer/index.ts";
import { OwnError } from "../errors/index.ts";
import { idOf, isRefusal, listWhole, orAnew } from "../stripe/index.ts";
import { type Basket, groupsOf } from "./items.ts";
import { IN_TIME, saleInProgress } from "./lease.ts";
import { refusalOf } from "./refusals.ts";

type Session = Stripe.Checkout.Session;
type Params = Stripe.Checkout.SessionCreateParams;

/**
 * The open sessions of these customers that stand in the way of a purchase: of a subscription all of one of its groups, of what
 * is paid once those that were opened here for the same first of all. Stripe is asked: the mirror knows no session that was opened elsewhere.
 */
export async function listRivals(clients: Clients, customers: string[], basket: Basket): Promise<Session[]> {
  const [{ price }] = basket;
  const sessions = (await Promise.all(customers.map((customer) => listOpen(clients.stripe, customer)))).flat();
  const ofMode = sessions.filter(({ mode }) => mode === price.mode);
  if (price.mode === "payment") return ofMode.filter(({ metadata }) => metadata?.price_id === price.id);
  return pickOfGroup(clients, groupsOf(basket), ofMode, productsIn);
}

/**
 * A customer's open pages of subscriptions in another currency. To Stripe such a page binds the customer as much as what they pay, while it
 * is open: who only looked would be kept from buying.
 */
export async function listInOtherCurrency({ stripe }: Clients, customer: string, currency: string): Promise<Session[]> {
  const sessions = await listOpen(stripe, customer);
  return sessions.filter((session) => session.mode === "subscription" && session.currency !== currency);
}

async function listOpen(stripe: Stripe, customer: string): Promise<Session[]> {
  const list = (page: object) =>
    stripe.checkout.sessions.list({ customer, status: "open", expand: ["data.line_items"], limit: 100, ...page });
  const { data } = await listWhole(await list({}), list);
  return Promise.all(data.map((session) => withAllLines(stripe, session)));
}

/** A session shows ten of its lines at the most. */
async function withAllLines(stripe: Stripe, session: Session): Promise<Session> {
  const { id, line_items: lines } = session;
  if (!lines?.has_more) return session;
  return { ...session, line_items: await listWhole(lines, (page) => stripe.checkout.sessions.listLineItems(id, page)) };
}

/** What a session makes somebody subscribe to. What is paid once beside it excludes nothing. */
const productsIn = ({ line_items }: Session) =>
  (line_items?.data ?? []).flatMap(({ price }) => (price?.recurring ? (idOf(price.product) ?? []) : []));

/** Whether an open session is for just this. Its buyer may have chosen other quantities there since, where that is allowed. */
export function isAsPromised({ metadata, line_items: lines }: Session, params: Params): boolean {
  if (metadata?.purchase !== params.metadata?.purchase) return false;
  const quantities = new Map((lines?.data ?? []).map(({ price, quantity }) => [price?.id, quantity ?? undefined]));
  const wanted = params.line_items ?? [];
  return quantities.size === wanted.length && wanted.every(({ price, quantity }) => quantities.get(price) === quantity);
}

/**
 * Closes a session, so that it can be paid no more. One that is over already is closed.
 * @throws BillingError `sale_in_progress` when it cannot be closed because it is being paid at this moment
 */
export async function closeSession({ sessions }: Stripe.Checkout, id: string): Promise<void> {
  try {
    await sessions.expire(id);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const { status } = await sessions.retrieve(id);
    if (status === "open") throw saleInProgress();
  }
}

/**
 * Opens a session.
 * @throws BillingError for what Stripe refuses and could be foreseen
 */
export async function openSession(clients: Clients, params: Params): Promise<string> {
  const create = () => atSameAccount(clients, () => clients.stripe.checkout.sessions.create(params, IN_TIME));
  try {
    const session = await orAnew(create(), create); // each call makes a key of its own
    const page = pageOf(session);
    if (!page) throw new OwnError("Stripe opened a checkout session without a page");
    return page;
  } catch (error) {
    throw refusalOf(error) ?? error;
  }
}

/** What leads to a session's page: its address, or the client secret where it is to be embedded. */
export const pageOf = ({ url, client_secret: secret }: Session): string | null => secret ?? url;
