import { noteAnew } from "@turnpike/core/mirror";
import { type Mail, relayNotices } from "@turnpike/core/notices";
import type { LentStripe, LentSupabase } from "./index.ts";
import type { createShop } from "./shop.ts";

/** Whoever subscribes at Stripe, and the relay that works off what comes of it. */
export function createRelay(supabase: LentSupabase, { stripe }: LentStripe, shop: ReturnType<typeof createShop>) {
  const { billing } = shop;
  const settings = { onUserDelete: "cancel", onDoubleSubscription: "cancel" } as const;

  return {
    /** A customer with a card whom the mirror knows; of this user, or with these metadata. */
    async newCustomer(user?: { id: string; email: string }, metadata?: Record<string, string>): Promise<string> {
      const { id } = await stripe.customers.create({
        payment_method: "pm_card_visa",
        invoice_settings: { default_payment_method: "pm_card_visa" },
        ...(user && { email: user.email, metadata: { user_id: user.id } }),
        ...(metadata && { metadata }),
      });
      await noteAnew(billing, "customer", id);
      return id;
    },

    /** A paid subscription, in the mirror as well. */
    async subscribe(customer: string, price: string, metadata: Record<string, string> = { sold_by: "turnpike" }) {
      const { id } = await stripe.subscriptions.create({ customer, items: [{ price }], metadata });
      await noteAnew(billing, "subscription", id);
      return id;
    },

    /** One run. Answers the mails that the operator got. */
    async run(changed: Partial<Parameters<typeof relayNotices>[0]> = {}): Promise<Mail[]> {
      const mails: Mail[] = [];
      const tell = async (mail: Mail) => void mails.push(mail);
      await relayNotices({ ...billing, ...settings, tell, ...changed });
      return mails;
    },

    /** Lets time pass for what waits in the outbox. */
    wait: (time: string) =>
      supabase.query(
        "update billing.outbox set next_attempt_at = next_attempt_at - $1::interval where sent_at is null",
        [time],
      ),

    statusOf: async (id: string) => (await stripe.subscriptions.retrieve(id)).status,

    /** What was given back of what this subscription took. */
    async paidBack(id: string): Promise<{ paid: number; back: number; refunds: number }> {
      const { data } = await stripe.invoices.list({ subscription: id, expand: ["data.payments"] });
      const intents = data
        .flatMap(({ payments }) => payments?.data ?? [])
        .map(({ payment }) => `${payment.payment_intent}`);
      const refunds = await Promise.all(intents.map((payment_intent) => stripe.refunds.list({ payment_intent })));
      const given = refunds.flatMap((list) => list.data);
      return {
        paid: data.reduce((sum, { amount_paid }) => sum + amount_paid, 0),
        back: given.reduce((sum, { amount }) => sum + amount, 0),
        refunds: given.length,
      };
    },

    /** What waits or waited in the outbox, in order. */
    notices: (kind?: string) =>
      supabase.query<{ kind: string; object_id: string; attempts: number; done: boolean; last_error: string | null }>(
        `select kind, object_id, attempts, sent_at is not null as done, last_error from billing.outbox
         where $1::text is null or kind = $1 order by id`,
        [kind ?? null],
      ),
  };
}
