import type { Clients } from "../clients.ts";
import { note } from "../mirror/index.ts";
import type { Payer } from "../payer/index.ts";
import { isUnfitEmail } from "../stripe/index.ts";
import { dataOf } from "../supabase/index.ts";
import type { Buyer } from "./buyer.ts";

/** Tells Stripe the user's address where it has another one: receipts and reminders must not go to a mailbox that was given up. */
export async function sendEmail(clients: Clients, payer: Payer, buyer: Buyer, customerIds: string[]): Promise<void> {
  const { email } = buyer;
  if (!("userId" in payer) || !email || !buyer.emailConfirmed) return;
  const { stripe, supabase } = clients;
  const others = dataOf(await supabase.from("customers").select("id").in("id", customerIds).neq("email", email));
  const updates = others.map(({ id }) =>
    note(clients, "customer", () => stripe.customers.update(id, { email })).catch((error) => {
      // An address that Stripe does not take keeps nobody from buying or leaving.
      if (!isUnfitEmail(error)) throw error;
    }),
  );
  await Promise.all(updates);
}
