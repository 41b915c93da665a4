import { followTerms } from "../plan-change/index.ts";
import { dataOf } from "../supabase/index.ts";
import { type Context, type Handler, look, pageOf } from "./context.ts";
import { lookForDoubles, undoDouble } from "./doubles.ts";
import { sendChangedEmail } from "./emails.ts";
import { closeCustomer, endOrphan } from "./orphans.ts";
import { closeOthersPages } from "./pages.ts";

/** What is done about notices of one kind. */
export interface Kind {
  handle: Handler;
  /** It asks Stripe: how many of these are handled a second has a limit. */
  asksStripe?: true;
  /** Of the mail to the operator, which docs/runbook.md explains; empty, where the handler never has anything to tell. */
  subject: string;
}

const say =
  (sentence: (id: string, context: Context) => string): Handler =>
  async (context, id) =>
    sentence(id, context);

/** For customers, to whom Stripe writes itself where its settings say so. Nothing here tells them yet. */
const forCustomers: Kind = { subject: "", handle: async () => undefined };

const tellUnowned: Handler = async ({ supabase }, object_id) =>
  dataOf(await supabase.rpc("is_unowned_purchase", { object_id }))
    ? `${object_id} is paid for and belongs to no user: say whose it is.`
    : undefined;

const tellUnownedWhenRead: Handler = async ({ supabase }) => {
  const count = dataOf(await supabase.rpc("count_unowned_purchases"));
  if (count === 0) return undefined;
  return `The account was read, and purchases that belong to no user: ${count}. npx billing owners gives them to whom your tables say, npx billing claims ls names them.`;
};

const tellDrift: Handler = async ({ supabase }, object) => {
  const found = dataOf(await supabase.rpc("list_drift", { object, most: 10 }));
  const [first] = found;
  if (!first) return undefined;
  const named = found.map(
    ({ object_id, kind, columns }) => `${object_id} (${columns.join(", ") || SAYS[kind] || kind})`,
  );
  return `${object}: ${first.total} were not as at Stripe, no event says why, and they are mended: ${named.join("; ")}${first.total > found.length ? "; …" : ""}`;
};
const SAYS: Record<string, string> = { missing: "it was not there", extra: "Stripe has no such object" };

const bringTerms: Handler = async (context, id) => {
  if (await look(context, "subscription", id)) await followTerms(context, id);
  return undefined;
};

const recheckSeats: Handler = async ({ supabase }, payer) => {
  dataOf(await supabase.rpc("recheck_seats", { payer }));
  return undefined;
};

/** What is done about each kind of notice. */
const kinds: Record<string, Kind> = {
  subscription_orphaned: {
    subject: "Whoever pays for a subscription was deleted",
    handle: endOrphan,
    asksStripe: true,
  },
  customer_orphaned: { subject: "", handle: closeCustomer, asksStripe: true },
  customer_moved: { subject: "", handle: closeOthersPages, asksStripe: true },
  paid_for_another: {
    subject: "Somebody paid for what is another's",
    handle: say(
      (id) =>
        `${id} was paid by another payer than whose its customer is by now, who has what was bought: pay it back, or say whose it is.`,
    ),
  },
  double_subscription: { subject: "Somebody has two subscriptions", handle: undoDouble, asksStripe: true },
  double_suspected: { subject: "", handle: lookForDoubles, asksStripe: true },
  paid_unowned: { subject: "A purchase belongs to nobody", handle: tellUnowned },
  unowned_when_read: { subject: "Purchases from before belong to nobody", handle: tellUnownedWhenRead },
  drift: { subject: "The mirror had drifted from Stripe", handle: tellDrift },
  claim_refused: {
    subject: "A customer is claimed by somebody else than its owner",
    handle: say(
      (id) =>
        `${id} belongs to another payer than its metadata, or what you have said of it, say: it stays where it is until you assign it.`,
    ),
  },
  email_changed: { subject: "An e-mail address did not reach Stripe", handle: sendChangedEmail, asksStripe: true },
  dispute_opened: {
    subject: "A payment is disputed",
    handle: say((id, context) => `Answer it before its time is over: ${pageOf(context, "disputes", id)}`),
  },
  dispute_closed: {
    subject: "A dispute is closed",
    handle: say((id, context) => `How it ended: ${pageOf(context, "disputes", id)}`),
  },
  early_fraud_warning: {
    subject: "A card network warns of fraud",
    handle: say(
      (id) => `${id}: a dispute may follow. Paying back now is cheaper: the warning is under Radar at Stripe.`,
    ),
  },
  seats_not_followed: {
    subject: "A quantity does not follow the seats in use",
    handle: say((id) => `${id}: it is tried again every day. npx billing explain shows the payer.`),
  },
  seats_differ: { subject: "", handle: recheckSeats },
  terms_changed: { subject: "", handle: bringTerms, asksStripe: true },
  invoice_finalization_failed: {
    subject: "An invoice could not be finalised",
    handle: say((id) => `${id}: nobody is asked to pay it. Stripe says why beside the invoice.`),
  },
  refund_failed: {
    subject: "A refund did not arrive",
    handle: say((id) => `${id}: the bank sent the money back to your balance. Pay the customer in another way.`),
  },
  payment_failed: forCustomers,
  payment_action_required: forCustomers,
  trial_will_end: forCustomers,
};

/** One that this version has no words for is told all the same: a newer one, or the product, has written it. */
export function kindOf(name: string): Kind {
  return kinds[name] ?? { subject: `Notice: ${name}`, handle: say((id) => id) };
}
