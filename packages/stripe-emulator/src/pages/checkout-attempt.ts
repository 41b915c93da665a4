import { CHALLENGE_FAILED, failChallenge } from "../billing/challenging.ts";
import { completeCheckout } from "../billing/checkout.ts";
import { asksForAddress, dueOn, isAnchored, placeSession, priceSession } from "../billing/session-pricing.ts";
import { answerSetupChallenge } from "../billing/setup.ts";
import type { Decline } from "../billing/test-cards.ts";
import type { Deliverer } from "../events/deliverer.ts";
import { dueRefusal } from "../resources/checkout-session-rules.ts";
import type { CheckoutSession } from "../resources/checkout-sessions.ts";
import { fullCustomer } from "../resources/clock-limits.ts";
import { clockOf } from "../state/clock-of.ts";
import type { World } from "../world.ts";
import { addressLabels, readAddress } from "./checkout-address.ts";
import { isProblem, readTaxId } from "./checkout-business.ts";
import { nameOf, readCustomFields } from "./checkout-custom-fields.ts";
import {
  CARD_LABELS,
  type CheckoutInput,
  type Expected,
  type Labels,
  missingOf,
  type Problem,
  paysBySepa,
  readCheckoutInput,
} from "./checkout-form.ts";
import { refusedCode } from "./checkout-totals.ts";
import { redirectedSubscriber } from "./one-subscription.ts";

/** How long the redirect waits for `checkout.session.completed` to be answered, as at Stripe. */
const WEBHOOK_PATIENCE_MS = 10_000;

/** What came of a buyer's attempt to pay. */
export type Attempt =
  | { is: "complete" }
  | { is: "challenged" }
  | { is: "subscribed"; page: Promise<Response> }
  | {
      is: "refused";
      status: 200 | 400 | 402;
      session: CheckoutSession;
      problem: Problem;
      /** By the bank. */
      decline?: Decline;
    };

export function expectationsOf(world: World, session: CheckoutSession): Expected {
  const customer = world.store.customers.find(session.customer);
  const details = world.store.sessionDetails.get(session.id);
  return {
    email: customer?.email ?? session.customer_email,
    ...(asksForAddress(session, details) ? { address: { known: details.address ?? customer?.address ?? null } } : {}),
    asksForPayment:
      session.mode === "setup" || dueOn(world, session) !== 0 || session.payment_method_collection === "always",
    ...(session.tax_id_collection?.enabled
      ? { taxId: { required: session.tax_id_collection.required === "if_supported" } }
      : {}),
    terms: session.consent_collection?.terms_of_service === "required",
    takesCard: session.payment_method_types.includes("card"),
    takesSepa: session.payment_method_types.includes("sepa_debit"),
  };
}

/** What has to be filled in, the fields of the seller's besides. */
const askedFor = (input: CheckoutInput, expected: Expected, { custom_fields: fields }: CheckoutSession): Labels => ({
  ...(expected.email === null && { email: "e-mail" }),
  ...(expected.asksForPayment && (paysBySepa(input, expected) ? { iban: "IBAN" } : CARD_LABELS)),
  ...(expected.address && addressLabels(input)),
  ...(expected.taxId?.required && { tax_id: "tax ID" }),
  ...Object.fromEntries(fields.flatMap((field) => (field.optional ? [] : [[nameOf(field), field.label.custom]]))),
});

/** Pays an open session with what the buyer typed, by whatever page. */
export async function attemptCheckout(
  world: World,
  deliverer: Deliverer,
  session: CheckoutSession,
  input: CheckoutInput,
): Promise<Attempt> {
  const { id } = session;
  const refusedNow = refusedCode(world, session);
  if (refusedNow !== undefined) {
    const undiscounted = priceSession(world, id, { discounts: [] });
    return refused(400, undiscounted, { field: "promotion_code", message: refusedNow });
  }
  const expected = expectationsOf(world, session);
  const missing = missingOf(input, askedFor(input, expected, session));
  if (missing) return refused(400, session, missing);
  const read = readCheckoutInput(input, expected, new Date(world.nowMs()));
  if ("message" in read) return refused(400, session, read);
  const subscriber = redirectedSubscriber(world, session, read.payer.email);
  if (subscriber) return { is: "subscribed", page: subscriber };
  const address = expected.address ? readAddress(input) : undefined;
  if (address && "message" in address) return refused(400, session, address);
  const taxId = expected.taxId ? readTaxId(input, expected.taxId) : null;
  if (isProblem(taxId)) return refused(400, session, taxId);
  if (expected.terms && !input.terms) return refused(400, session, TERMS_MISSING);
  const customFields = readCustomFields(input, session.custom_fields);
  if (isProblem(customFields)) return refused(400, session, customFields);
  const typed = {
    ...(session.custom_fields.length > 0 ? { customFields } : {}),
    ...(address ? { address } : {}),
    ...(expected.taxId ? { taxId } : {}),
  };
  const anchored = isAnchored(world.store.sessionDetails.get(id));
  const placed = anchored || Object.keys(typed).length > 0 ? placeSession(world, id, typed) : session;
  if (input.expected_amount !== undefined && Number(input.expected_amount) !== dueOn(world, placed))
    return refused(200, placed, TOTAL_CHANGED);
  const refusal =
    dueRefusal(world, placed)?.message ??
    (session.mode === "subscription" ? fullCustomer(world, session.customer) : undefined);
  if (refusal !== undefined) return refused(400, placed, { field: "expected_amount", message: refusal });
  if (input.challenge === "fail") {
    if (session.payment_intent !== null) failChallenge(world, session.payment_intent);
    if (session.setup_intent !== null) answerSetupChallenge(world, session.setup_intent, false);
    return refused(402, placed, { field: "card_number", message: CHALLENGE_FAILED.message }, CHALLENGE_FAILED);
  }
  const result = world.onClock(clockOf(world.store, id), () =>
    completeCheckout(
      world,
      id,
      read.payer,
      read.instrument,
      input.challenge === "complete" && !wasGivenUp(world, session),
    ),
  );
  if (result.is === "challenged") return result;
  if (result.is === "declined") {
    const problem = { field: "card_number", message: "Your card was declined. Try another one." } as const;
    return refused(402, placed, problem, read.instrument?.decline);
  }
  await deliverer.firstAnswer(result.event.id, WEBHOOK_PATIENCE_MS);
  return { is: "complete" };
}

/** Its payment waited for the bank's challenge, and does not any more. */
const wasGivenUp = ({ store }: World, { payment_intent: intent }: CheckoutSession) =>
  intent !== null && store.paymentIntents.get(intent).status !== "requires_action";

type Refused = Extract<Attempt, { is: "refused" }>;

const refused = (
  status: Refused["status"],
  session: CheckoutSession,
  problem: Refused["problem"],
  decline?: Decline,
): Refused => ({ is: "refused", status, session, problem, ...(decline ? { decline } : {}) });

const TERMS_MISSING = { field: "terms", message: "Accept the terms of service to go on." } as const;

/** Nobody pays another amount than they saw: tax depends on the address, which came with the payment. */
const TOTAL_CHANGED = {
  field: "expected_amount",
  message: "The total has changed. Nothing was charged yet: press the button again to pay what is shown now.",
} as const;
