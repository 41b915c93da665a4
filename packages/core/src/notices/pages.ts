import type Stripe from "stripe";
import { assertSameAccount, note } from "../mirror/index.ts";
import { findOwner, type Payer } from "../payer/index.ts";
import { isMissing, isRefusal, listWhole, read, write } from "../stripe/index.ts";
import type { Context, Handler } from "./context.ts";

type Session = Stripe.Checkout.Session;

/** A customer is another payer's now: what was opened for whoever had it before is closed, or they would pay for what is not theirs. */
export const closeOthersPages: Handler = async (context, customer) => {
  // Another account's key would see nothing to close.
  await assertSameAccount(context);
  const owner = await findOwner(context.supabase, customer);
  await closePages(context, customer, (session) => isFor(session, owner)).catch((error) => {
    if (!isMissing(error)) throw error;
  });
  return undefined;
};

function isFor({ metadata }: Session, owner: Payer | "nobody" | undefined): boolean {
  if (typeof owner !== "object") return false;
  if ("organizationId" in owner) return metadata?.organization_id === owner.organizationId;
  return metadata?.user_id === owner.userId && !metadata.organization_id;
}

/** Closes a customer's open pages but for those that stay, so that nothing more is bought there. */
export async function closePages(
  context: Context,
  customer: string,
  stays: (session: Session) => boolean = () => false,
): Promise<void> {
  const sessions = (page: object = {}) =>
    read<Stripe.ApiList<Session>>(context.stripe, "/v1/checkout/sessions", {
      customer,
      status: "open",
      limit: 100,
      ...page,
    });
  const open = (await listWhole(await sessions(), sessions)).data.filter((session) => !stays(session));
  await Promise.all(open.map(({ id }) => expireSession(context, id)));
}

/** One that is not open any more is as it should be. */
async function expireSession(context: Context, id: string): Promise<void> {
  await note(context, "checkout_session", () =>
    write<Session>(context.stripe, `/v1/checkout/sessions/${id}/expire`),
  ).catch((error) => {
    if (!isRefusal(error)) throw error;
  });
}
