import { createHash } from "node:crypto";
import type { Hono } from "hono";
import { html, raw } from "hono/html";
import type Stripe from "stripe";
import { digitsOf, formatMoney } from "../billing/money.ts";
import { dueOn } from "../billing/session-pricing.ts";
import type { Deliverer } from "../events/deliverer.ts";
import type { CheckoutSession } from "../resources/checkout-sessions.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { addressFields } from "./checkout-address.ts";
import { attemptCheckout, expectationsOf } from "./checkout-attempt.ts";
import { taxIdField, termsBox } from "./checkout-business.ts";
import type { CheckoutInput } from "./checkout-form.ts";
import { type FieldsView, methodFields } from "./checkout-page.ts";
import { changeCode } from "./checkout-totals.ts";
import { findShown, inFrame, returnUrl } from "./embedding.ts";
import { formOf } from "./form.ts";
import { htmlResponse, notice } from "./layout.ts";
import { clockMoves } from "./moving-clock.ts";
import { STYLE } from "./style.ts";

/** Checkout that the seller's page draws itself (`ui_mode: elements`): what Stripe.js reads, and the frame of its Payment Element. */
export function addCheckoutElements(app: Hono, world: World, deliverer: Deliverer): void {
  const find = (secret: string) => findShown(world, secret, "elements");
  // Stripe.js asks from the seller's page.
  const headers = { "access-control-allow-origin": "*", "cache-control": "no-store" };
  app.get("/c/elements/:secret/session", (context) => {
    const session = find(context.req.param("secret"));
    return session
      ? Response.json(sessionOf(world, session), { headers })
      : Response.json({ message: UNKNOWN }, { status: 404, headers });
  });
  app.post("/c/elements/:secret/session", async (context) => {
    const input = await formOf(context.req.raw);
    const session = find(context.req.param("secret"));
    const message = session ? (closedTo(world, session) ?? changeCode(world, session, input)) : UNKNOWN;
    return Response.json(message === undefined ? {} : { message }, { headers });
  });
  app.get("/c/elements/:secret", async (context) => {
    const session = find(context.req.param("secret"));
    return session
      ? inFrame(await paymentElement({ expected: expectationsOf(world, session), input: {} }))
      : notice("Nothing here", "No Checkout Session is shown by this address.", 404);
  });
  app.post("/c/elements/:secret", async (context) => {
    const input = await formOf(context.req.raw);
    const session = find(context.req.param("secret"));
    return Response.json(session ? await confirm(world, deliverer, session, input) : refusal(UNKNOWN));
  });
}

const UNKNOWN = "No such Checkout Session.";

/** Why nothing can be changed about a session any more, nor paid. */
function closedTo(world: World, { id, customer, status }: CheckoutSession): string | undefined {
  const moving = clockMoves(world, id);
  if (moving !== undefined) return moving;
  if (status !== "open") return `This Checkout Session is ${status}.`;
  if (customer === null || world.store.customers.find(customer)) return undefined;
  return "The customer of this Checkout Session does not exist any more.";
}

/** What `actions.confirm()` answers but for the session; or that the frame has to ask for the bank's challenge first. */
type Confirmation =
  | { challenged: true }
  | { url: string }
  | { error: { message: string; code: null } }
  | { error: { message: string; code: "paymentFailed"; paymentFailed: { declineCode: string | null } } };

const refusal = (message: string): Confirmation => ({ error: { message, code: null } });

async function confirm(
  world: World,
  deliverer: Deliverer,
  session: CheckoutSession,
  input: CheckoutInput,
): Promise<Confirmation> {
  const closed = closedTo(world, session);
  if (closed !== undefined) return refusal(closed);
  const attempt = await attemptCheckout(world, deliverer, session, input);
  if (attempt.is === "complete") return { url: returnUrl(session) };
  if (attempt.is === "challenged") return { challenged: true };
  if (attempt.is === "subscribed") return refusal("This customer has a subscription already.");
  const { decline, problem } = attempt;
  if (!decline) return refusal(problem.message);
  const { message, decline_code: declineCode = null } = decline;
  return { error: { message, code: "paymentFailed", paymentFailed: { declineCode } } };
}

/**
 * The frame: what is typed into it stays in it. The seller's page asks it to confirm, through a port of its own that the answer comes back by.
 */
function paymentElement(view: FieldsView): Promise<Response> {
  const hash = createHash("sha256").update(FRAME_JS).digest("base64");
  return htmlResponse(
    "Payment Element",
    html`<form class="stack">${view.expected.asksForPayment ? methodFields(view) : ""}${addressFields(view)}${taxIdField(view)}${termsBox(view)}</form>
<div id="challenge" hidden><p>3D Secure 2 test page: a bank would ask its customer here to confirm this payment.</p>
<button type="button" value="complete">Complete</button> <button type="button" value="fail">Fail</button></div>
<script>${raw(FRAME_JS)}</script>`,
    { status: 200, style: STYLE, policy: `script-src 'sha256-${hash}'; connect-src 'self'` },
  );
}

const FRAME_JS = `(() => {
  const form = document.querySelector("form");
  const challenge = document.querySelector("#challenge");
  form.addEventListener("submit", (event) => event.preventDefault());
  async function send(typed, port) {
    const body = new URLSearchParams([...new FormData(form), ...Object.entries(typed)]);
    const answer = await (await fetch(location.href, { method: "POST", body })).json();
    form.hidden = Boolean(answer.challenged);
    challenge.hidden = !answer.challenged;
    if (!answer.challenged) return port.postMessage(answer);
    for (const button of challenge.querySelectorAll("button"))
      button.onclick = () => send({ ...typed, challenge: button.value }, port);
  }
  addEventListener("message", ({ source, data, ports: [port] }) => {
    if (source === parent && port) send(data, port);
  });
})();`;

/** The part of Stripe.js's session (https://docs.stripe.com/js/custom_checkout/session_object) that the emulator has. */
function sessionOf(world: World, session: CheckoutSession) {
  const currency = session.currency ?? "usd";
  const amount = (minor: number | null | undefined) => ({
    minorUnitsAmount: minor ?? 0,
    amount: formatMoney(minor ?? 0, currency),
  });
  const { amount_subtotal: subtotal, amount_total: total, automatic_tax: automatic } = session;
  const { amount_discount: off = 0, amount_tax: tax = 0 } = session.total_details ?? {};
  const inclusive = total === (subtotal ?? 0) - off;
  return {
    id: session.id,
    livemode: false,
    currency,
    minorUnitsAmountDivisor: 10 ** digitsOf(currency),
    email: expectationsOf(world, session).email,
    lineItems: world.store.sessionDetails.get(session.id).lineItems.map((item) => lineItemOf(item, amount)),
    status:
      session.status === "complete"
        ? { type: "complete", paymentStatus: session.payment_status }
        : { type: session.status },
    tax: { status: automatic.status === "requires_location_inputs" ? "requires_billing_address" : "ready" },
    total: {
      subtotal: amount(subtotal),
      discount: amount(off),
      taxInclusive: amount(inclusive ? tax : 0),
      taxExclusive: amount(inclusive ? 0 : tax),
      appliedBalance: amount(dueOn(world, session) - (total ?? 0)),
      total: amount(total),
    },
  };
}

type Amount = (minor: number | null | undefined) => { minorUnitsAmount: number; amount: string };

const lineItemOf = (item: Stored<Stripe.LineItem>, amount: Amount) => ({
  id: item.id,
  name: item.description,
  quantity: item.quantity,
  unitAmount: amount(item.price?.unit_amount),
  subtotal: amount(item.amount_subtotal),
  discount: amount(item.amount_discount),
  total: amount(item.amount_total),
  recurring: item.price?.recurring
    ? {
        interval: item.price.recurring.interval,
        intervalCount: item.price.recurring.interval_count,
        usageType: item.price.recurring.usage_type,
      }
    : null,
});
