import { html } from "hono/html";
import { CHALLENGE_FAILED } from "../billing/challenging.ts";
import { isOver } from "../billing/end-subscription.ts";
import { createPaymentMethod } from "../billing/payment-method.ts";
import { answerSetupChallenge, attemptSetup, openSetup } from "../billing/setup.ts";
import { DECLINED } from "../billing/test-cards.ts";
import type { PortalSession } from "../resources/portal-sessions.ts";
import type { World } from "../world.ts";
import { challengePage } from "./challenge-page.ts";
import { type CheckoutInput, readCard } from "./checkout-form.ts";
import { cardForm, type TypedView } from "./checkout-page.ts";
import { badge, page } from "./layout.ts";
import { completed } from "./portal-flow.ts";
import { portalHead } from "./portal-page.ts";

/** The form that puts a card on file, as the customer's default. */
export function showMethodForm(
  session: PortalSession,
  view: TypedView = { input: {} },
  status = 200,
): Promise<Response> {
  const head = session.flow
    ? portalHead(session)
    : html`<div class="row"><a href="${session.url}">← Billing</a>${badge}</div>`;
  const body = html`<main class="page stack">${head}
<h1>Update payment method</h1>${cardForm(view, "Save")}</main>`;
  return page("Payment method", body, status);
}

type Input = CheckoutInput & { setup_intent?: string };

/** Saves the card by a setup intent; or takes the answer to the bank's challenge, which is the same form's next step. */
export function takeMethod(world: World, session: PortalSession, input: Input): Response | Promise<Response> {
  if (input.challenge !== undefined) return takeAnswer(world, session, input);
  const card = readCard(input, new Date(world.nowMs()));
  if ("message" in card) return showMethodForm(session, { input, problem: card }, 400);
  const { customer } = session;
  const { email, name = null } = world.store.customers.get(customer);
  const intent = openSetup(world, {
    customer,
    description: null,
    metadata: {},
    methodTypes: ["card"],
    usage: "off_session",
  });
  const method = createPaymentMethod(world, card, { email, name });
  const attempt = attemptSetup(world, intent.id, method);
  if (attempt === "requires_action") return page("3D Secure", challengePage({ setup_intent: intent.id }));
  if (attempt === "declined") return refused(session, input, DECLINED.message);
  return makeDefault(world, session, method.id);
}

function takeAnswer(world: World, session: PortalSession, input: Input): Response | Promise<Response> {
  const intent = world.store.setupIntents.find(input.setup_intent);
  if (intent?.customer !== session.customer || intent.status !== "requires_action") return showMethodForm(session);
  const passed = input.challenge === "complete";
  answerSetupChallenge(world, intent.id, passed);
  return passed
    ? makeDefault(world, session, intent.payment_method ?? "")
    : refused(session, {}, CHALLENGE_FAILED.message);
}

const refused = (session: PortalSession, input: CheckoutInput, message: string) =>
  showMethodForm(session, { input, problem: { field: "card_number", message } }, 402);

/** The customer's default from now on, also of the subscriptions that have a method of their own. */
function makeDefault(world: World, session: PortalSession, method: string): Response | Promise<Response> {
  const { id, invoice_settings: before } = world.store.customers.get(session.customer);
  const invoice_settings = { ...before, default_payment_method: method };
  world.update("customers", id, { invoice_settings }, "customer.updated");
  for (const subscription of world.store.subscriptions.all()) {
    if (subscription.customer !== id || isOver(subscription) || subscription.default_payment_method === null) continue;
    world.update("subscriptions", subscription.id, { default_payment_method: method }, "customer.subscription.updated");
  }
  return completed(session, "Your payment method was updated.");
}
