import type Stripe from "stripe";
import { note } from "../mirror/index.ts";
import { findCustomers } from "../payer/index.ts";
import { isUnfitEmail, write } from "../stripe/index.ts";
import { dataOf } from "../supabase/index.ts";
import { type Context, type Handler, lookUnnoted } from "./context.ts";

/** A user has another confirmed address: all of their customers get it, or receipts would go to a mailbox that was given up. */
export const sendChangedEmail: Handler = async (context, userId) => {
  const { supabase } = context;
  const user = dataOf(await supabase.rpc("find_buyer", { user_id: userId }).maybeSingle());
  if (!user?.email || !user.email_confirmed) return undefined;
  // One that a purchase only names the user for has somebody else's address.
  const own = (await findCustomers(supabase, { userId })).filter(({ isOwned }) => isOwned);
  const refused: string[] = [];
  await Promise.all(
    own.map(async ({ id }) => {
      if (!(await sendEmail(context, id, user.email))) refused.push(id);
    }),
  );
  if (refused.length === 0) return undefined;
  return `Stripe does not take the new address of the user ${userId}: what it sends to ${refused.join(", ")} goes to the old one.`;
};

/** @returns false when Stripe does not take the address: it takes fewer than Supabase does */
async function sendEmail(context: Context, id: string, email: string): Promise<boolean> {
  const customer = await lookUnnoted(context, "customer", id);
  if (!customer || customer.deleted || customer.email === email) return true;
  try {
    await note(context, "customer", () => write<Stripe.Customer>(context.stripe, `/v1/customers/${id}`, { email }));
    return true;
  } catch (error) {
    if (!isUnfitEmail(error)) throw error;
    return false;
  }
}
