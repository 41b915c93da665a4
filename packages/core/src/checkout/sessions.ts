import type Stripe from "stripe";
import { pickOfGroup, type SellablePrice } from "../catalog/index.ts";
import type { Clients } from "../clients.ts";
import { atSameAccount } from "../customer/index.ts";
import { OwnError } from "../errors/index.ts";
import { idOf, isRefusal, listWhole, orAnew } from "../stripe/index.ts";
import { IN_TIME, saleInProgress } from "./lease.ts";
import { refusalOf } from "./refusals.ts";

type Session = Stripe.Checkout.Session;
type Params = Stripe.Checkout.SessionCreateParams;

/**
 * The open sessions of these customers that stand in the way of a purchase: of a subscription all of the same group, of one thing
 * those that were opened here for it. Stripe is asked: the mirror knows no session that was opened elsewhere.
 */
export async function listRivals(clients: Clients, customers: string[], price: SellablePrice): Promise<Session[]> {
  const sessions = (await Promise.all(customers.map((customer) => listOpen(clients.stripe, customer)))).flat();
  const ofMode = sessions.filter(({ mode }) => mode === price.mode);
  if (price.mode === "payment") return ofMode.filter(({ metadata }) => metadata?.price_id === price.id);
  return pickOfGroup(clients, price.group, ofMode, productsIn);
}

async function listOpen(stripe: Stripe, customer: string): Promise<Session[]> {
  const list = (page: object) =>
    stripe.checkout.sessions.list({ customer, status: "open", expand: ["data.line_items"], limit: 100, ...page });
  return (await listWhole(await list({}), list)).data;
}

const productsIn = ({ line_items }: Session) =>
  (line_items?.data ?? []).flatMap(({ price }) => idOf(price?.product) ?? []);

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
    if (!session.url) throw new OwnError("Stripe opened a checkout session without a page");
    return session.url;
  } catch (error) {
    throw refusalOf(error) ?? error;
  }
}
