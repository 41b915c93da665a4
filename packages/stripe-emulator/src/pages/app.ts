import { Hono } from "hono";
import { CHALLENGE_FAILED, failChallenge } from "../billing/challenging.ts";
import { cancellation, changeItems, currentPeriodEnd } from "../billing/changing.ts";
import { completeCheckout } from "../billing/checkout.ts";
import { asksForAddress, placeSession, priceSession } from "../billing/session-pricing.ts";
import type { Subscription } from "../billing/subscribing.ts";
import type { Deliverer } from "../events/deliverer.ts";
import type { CheckoutSession } from "../resources/checkout-sessions.ts";
import { clockOf } from "../state/clock-of.ts";
import type { World } from "../world.ts";
import { challengePage, showChallenge, takeChallenge } from "./challenge-page.ts";
import { readAddress } from "./checkout-address.ts";
import { type CheckoutInput, type Expected, readCheckoutInput } from "./checkout-form.ts";
import { type CheckoutView, checkoutPage } from "./checkout-page.ts";
import { changeCode, discountNameOf, refusedCode } from "./checkout-totals.ts";
import { invoicePage, receiptPage } from "./document-page.ts";
import { notice, page, seeOther } from "./layout.ts";
import { otherPlans, portalPage } from "./portal-page.ts";

/** How long the redirect waits for `checkout.session.completed` to be answered, as at Stripe. */
const WEBHOOK_PATIENCE_MS = 10_000;

/** What buyers see: `/c` (checkout) and `/p` (portal, invoices, receipts). */
export function pagesApp(world: World, deliverer: Deliverer): Hono {
  const app = new Hono();
  const { store } = world;
  app.get("/c/pay/:id", (context) => showCheckout(world, context.req.param("id")));
  app.post("/c/pay/:id", async (context) =>
    pay(world, deliverer, context.req.param("id"), await formOf(context.req.raw)),
  );
  app.get("/c/challenge/:id", (context) => showChallenge(world, context.req.param("id")));
  app.post("/c/challenge/:id", async (context) => {
    const [id, form] = [context.req.param("id"), await formOf(context.req.raw)];
    return world.onClock(clockOf(store, id), () => takeChallenge(world, id, form));
  });
  app.get("/p/session/:id", async (context) => {
    const session = findPortalSession(world, context.req.param("id"));
    return session ? page("Billing", portalPage(world, session)) : missing();
  });
  app.post("/p/session/:id", async (context) =>
    changeInPortal(world, context.req.param("id"), await formOf(context.req.raw)),
  );
  app.on("GET", ["/p/invoices/:id", "/p/invoices/:id/pdf"], async (context) => {
    const invoice = store.invoices.find(context.req.param("id"));
    return invoice ? page("Invoice", invoicePage(invoice)) : missing();
  });
  app.get("/p/receipts/:id", async (context) => {
    const charge = store.charges.find(context.req.param("id"));
    return charge ? page("Receipt", receiptPage(charge)) : missing();
  });
  app.on(["GET", "POST"], ["/c/*", "/p/*"], () => missing());
  return app;
}

const missing = () =>
  notice("Nothing here", "This page does not exist. Go back to the site you came from and try again.", 404);

async function formOf(request: Request): Promise<Record<string, string>> {
  return Object.fromEntries(new URLSearchParams(await request.text()));
}

function expectationsOf(world: World, session: CheckoutSession): Expected {
  const customer = world.store.customers.find(session.customer);
  const details = world.store.sessionDetails.get(session.id);
  return {
    email: customer?.email ?? session.customer_email,
    ...(asksForAddress(session, details) ? { address: { known: details.address ?? customer?.address ?? null } } : {}),
    asksForPayment: session.amount_total !== 0 || session.payment_method_collection === "always",
    takesSepa: session.payment_method_types.includes("sepa_debit"),
  };
}

async function showCheckout(world: World, id: string): Promise<Response> {
  const session = world.store.checkoutSessions.find(id);
  if (!session) return missing();
  return session.status === "open" ? openCheckout(world, session, {}) : closedCheckout(session);
}

function openCheckout(
  world: World,
  session: CheckoutSession,
  input: CheckoutInput,
  problem?: CheckoutView["problem"],
  status = 200,
): Promise<Response> {
  const details = world.store.sessionDetails.get(session.id);
  const expected = expectationsOf(world, session);
  const discountName = discountNameOf(world, session);
  const view = { session, details, expected, input, discountName, ...(problem ? { problem } : {}) };
  return page("Checkout", checkoutPage(view), status);
}

function closedCheckout(session: CheckoutSession): Promise<Response> {
  if (session.status === "complete") {
    const link = { href: successUrl(session), label: "Continue" };
    return notice("You're all done here", "This checkout is complete.", 200, link);
  }
  const text = "This checkout has expired, and nothing was charged. Go back and start again.";
  return notice(
    "This page has expired",
    text,
    410,
    session.cancel_url ? { href: session.cancel_url, label: "Back" } : undefined,
  );
}

const successUrl = ({ success_url: url, id }: CheckoutSession) => (url ?? "/").replaceAll("{CHECKOUT_SESSION_ID}", id);

async function pay(world: World, deliverer: Deliverer, id: string, input: CheckoutInput): Promise<Response> {
  const session = world.store.checkoutSessions.find(id);
  if (!session) return missing();
  if (session.status === "complete") return seeOther(successUrl(session));
  if (session.status !== "open") return closedCheckout(session);
  if (session.customer !== null && !world.store.customers.find(session.customer)) return missing();
  if (input.action?.endsWith("_promotion_code")) return enterCode(world, session, input);
  const refusedNow = refusedCode(world, session);
  if (refusedNow !== undefined) {
    const undiscounted = priceSession(world, id, { discounts: [] });
    return openCheckout(world, undiscounted, input, { field: "promotion_code", message: refusedNow }, 400);
  }
  const expected = expectationsOf(world, session);
  const read = readCheckoutInput(input, expected, new Date(world.nowMs()));
  if ("message" in read) return openCheckout(world, session, input, read, 400);
  const address = expected.address ? readAddress(input) : undefined;
  if (address && "message" in address) return openCheckout(world, session, input, address, 400);
  const placed = address ? placeSession(world, id, address) : session;
  if (input.expected_amount !== undefined && Number(input.expected_amount) !== placed.amount_total) {
    return openCheckout(world, placed, input, TOTAL_CHANGED);
  }
  if (input.challenge === "fail") {
    if (session.payment_intent !== null) failChallenge(world, session.payment_intent);
    const problem = { field: "card_number", message: CHALLENGE_FAILED.message } as const;
    return openCheckout(world, session, input, problem, 402);
  }
  const result = world.onClock(clockOf(world.store, id), () =>
    completeCheckout(world, id, read.payer, read.instrument, input.challenge === "complete"),
  );
  if (result.is === "challenged") {
    const { challenge: _answer, ...fields } = input;
    return page("3D Secure", challengePage(fields));
  }
  if (result.is === "declined") {
    const problem = { field: "card_number", message: "Your card was declined. Try another one." } as const;
    return openCheckout(world, session, input, problem, 402);
  }
  await deliverer.firstAnswer(result.event.id, WEBHOOK_PATIENCE_MS);
  return seeOther(successUrl(session));
}

/** Nobody pays another amount than they saw: tax depends on the address, which came with the payment. */
const TOTAL_CHANGED = {
  field: "expected_amount",
  message: "The total has changed. Nothing was charged yet: press the button again to pay what is shown now.",
} as const;

function enterCode(world: World, session: CheckoutSession, input: CheckoutInput): Response | Promise<Response> {
  const message = changeCode(world, session, input);
  if (message === undefined) return seeOther(`${world.publicUrl}/c/pay/${session.id}`);
  return openCheckout(world, session, input, { field: "promotion_code", message }, 400);
}

const findPortalSession = (world: World, id: string) =>
  world.store.portalSessions.all().find((row) => row.url.endsWith(`/p/session/${id}`));

function changeInPortal(world: World, id: string, form: Record<string, string>): Response | Promise<Response> {
  const session = findPortalSession(world, id);
  const subscription = world.store.subscriptions.find(form.subscription);
  if (!session || subscription?.customer !== session.customer || subscription.status === "canceled") return missing();
  const done = world.onClock(subscription.test_clock, () => {
    const patch = portalPatch(world, subscription, form);
    return patch && world.update("subscriptions", subscription.id, patch, "customer.subscription.updated");
  });
  if (!done) return missing();
  return seeOther(session.url);
}

/** Undefined for what the page does not offer. */
function portalPatch(
  world: World,
  subscription: Subscription,
  form: Record<string, string>,
): Partial<Subscription> | undefined {
  if (form.action === "cancel") return cancellation(world, subscription, currentPeriodEnd(subscription), false);
  if (form.action === "resume") return cancellation(world, subscription, null, false);
  const price = otherPlans(world, subscription).find((plan) => plan.id === form.price);
  const item = subscription.items.data[0];
  if (form.action !== "update" || !price || !item) return undefined;
  return changeItems(world, subscription.id, [{ item, price, quantity: item.quantity ?? 1 }], "create_prorations");
}
