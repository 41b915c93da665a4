import type { ObjectName } from "../mirror/index.ts";

/** A state of which Stripe tells in no event that we ask for: a mirror that has missed nothing may lack an object that is in it. */
interface Untold {
  /** Or it shows the object in one of these statuses, from which it came silently to what Stripe shows, */
  from: string[];
  /** and otherwise in these columns alone. */
  columns: string[];
}

const LACKED: Untold = { from: [], columns: [] };
/** What it may go through before anybody has tried to pay. Of what is held Stripe tells, of what is under way, too. */
const UNPAID = ["requires_payment_method", "requires_confirmation", "requires_action"];
const FAILURE = ["failure_code", "failure_message"];
const BUYER = ["customer_id", "customer_email"];

type State = { status?: unknown; lookup_keys?: unknown[] };

/**
 * The declarations say which events we ask for; this stands beside them because the consumer of events has no use for it.
 */
const UNTOLD: { [Name in ObjectName]?: (row: State) => Untold | undefined } = {
  checkout_session: ({ status }) => {
    if (status !== "open") return undefined;
    const asked = ["amount_total", "currency", "payment_status", "payment_intent_id", "price_id"];
    return { from: ["open"], columns: [...asked, ...BUYER] };
  },
  // Once it is there, each change of a draft is told: https://docs.stripe.com/api/events/types#event_types-invoice.updated
  invoice: ({ status }) => (status === "draft" ? LACKED : undefined),
  invoice_payment: ({ status }) => {
    if (status === "canceled") return { from: ["open"], columns: ["status"] };
    return status === "paid" ? undefined : LACKED;
  },
  payment_intent: ({ status }) => {
    if (!UNPAID.includes(status as string)) return undefined;
    return { from: UNPAID, columns: ["status", "amount", "currency", "customer_id", ...FAILURE] };
  },
  charge: ({ status }) => {
    if (status === "failed")
      return { from: ["pending"], columns: ["status", "amount_captured", "receipt_url", ...FAILURE] };
    return status === "succeeded" ? undefined : LACKED;
  },
  // Stripe tells when a customer has no feature any more, and not that one never had any.
  entitlements: ({ lookup_keys }) => (lookup_keys?.length === 0 ? LACKED : undefined),
};

/** What a mirror that has missed nothing may do with the state that a row shows. */
export function untoldOf(object: string | undefined, row: object): Untold | undefined {
  return UNTOLD[object as ObjectName]?.(row);
}
