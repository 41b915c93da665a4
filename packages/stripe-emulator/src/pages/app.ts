import { Hono } from "hono";
import { CHALLENGE_FAILED, failChallenge } from "../billing/challenging.ts";
import { completeCheckout } from "../billing/checkout.ts";
import { adjustQuantities } from "../billing/session-lines.ts";
import { asksForAddress, placeSession, priceSession, renewalsOf, trialDaysOf } from "../billing/session-pricing.ts";
import { answerSetupChallenge } from "../billing/setup.ts";
import type { Deliverer } from "../events/deliverer.ts";
import type { CheckoutSession } from "../resources/checkout-sessions.ts";
import { getConfiguration } from "../resources/portal-configurations.ts";
import type { PortalSession } from "../resources/portal-sessions.ts";
import { clockOf } from "../state/clock-of.ts";
import type { World } from "../world.ts";
import { challengePage, showChallenge, takeChallenge } from "./challenge-page.ts";
import { readAddress } from "./checkout-address.ts";
import { isProblem, readTaxId } from "./checkout-business.ts";
import { type CheckoutInput, type Expected, readCheckoutInput } from "./checkout-form.ts";
import { type CheckoutView, checkoutPage } from "./checkout-page.ts";
import { changeCode, discountNameOf, refusedCode } from "./checkout-totals.ts";
import { receiptPage } from "./document-page.ts";
import { addEmbedded, addressOf, leave } from "./embedding.ts";
import { showInvoice, takeInvoicePayment } from "./invoice-payment.ts";
import { notice, page, seeOther } from "./layout.ts";
import { redirectedSubscriber } from "./one-subscription.ts";
import { addLinks } from "./payment-links.ts";
import { changeInPortal } from "./portal-actions.ts";
import { confirmPage } from "./portal-confirm.ts";
import { completed, homeOf } from "./portal-flow.ts";
import { portalPage } from "./portal-page.ts";
import { showMethodForm, takeMethod } from "./portal-payment-method.ts";

/** How long the redirect waits for `checkout.session.completed` to be answered, as at Stripe. */
const WEBHOOK_PATIENCE_MS = 10_000;

/** What buyers see: `/c` (checkout) and `/p` (portal, invoices, receipts). */
export function pagesApp(world: World, deliverer: Deliverer): Hono {
  const app = new Hono();
  const { store } = world;
  // An embedded session has no page of its own.
  const hosted = (id: string) => (store.checkoutSessions.find(id)?.client_secret ? "" : id);
  const take = async (id: string, request: Request) => pay(world, deliverer, id, await formOf(request));
  app.get("/c/pay/:id", (context) => showCheckout(world, hosted(context.req.param("id"))));
  app.post("/c/pay/:id", (context) => take(hosted(context.req.param("id")), context.req.raw));
  addEmbedded(app, world, { show: (id) => showCheckout(world, id), take });
  app.get("/c/challenge/:id", (context) => showChallenge(world, context.req.param("id")));
  app.post("/c/challenge/:id", async (context) => {
    const [id, form] = [context.req.param("id"), await formOf(context.req.raw)];
    return world.onClock(clockOf(store, id), () => takeChallenge(world, id, form));
  });
  addLinks(app, world);
  addPortal(app, world);
  app.on("GET", ["/p/invoices/:id", "/p/invoices/:id/pdf"], async (context) => {
    const invoice = store.invoices.find(context.req.param("id"));
    return invoice ? showInvoice(world, invoice) : missing();
  });
  app.post("/p/invoices/:id", async (context) => {
    const [invoice, form] = [store.invoices.find(context.req.param("id")), await formOf(context.req.raw)];
    if (!invoice) return missing();
    return world.onClock(clockOf(store, invoice.id), () => takeInvoicePayment(world, invoice, form));
  });
  app.get("/p/receipts/:id", async (context) => {
    const charge = store.charges.find(context.req.param("id"));
    return charge ? page("Receipt", receiptPage(charge)) : missing();
  });
  app.get("/p/verify/:secret", (context) => {
    const session = store.verificationSessions.find(context.req.param("secret").split("_secret_")[0]);
    return session?.client_secret === context.req.param("secret") ? verifiesNobody() : missing();
  });
  app.on(["GET", "POST"], ["/c/*", "/p/*"], () => missing());
  return app;
}

const verifiesNobody = () =>
  notice(
    "Nobody is verified here",
    "The emulator looks at no documents: what began here is canceled, or redacted.",
    200,
  );

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
    ...(session.tax_id_collection?.enabled
      ? { taxId: { required: session.tax_id_collection.required === "if_supported" } }
      : {}),
    terms: session.consent_collection?.terms_of_service === "required",
    takesCard: session.payment_method_types.includes("card"),
    takesSepa: session.payment_method_types.includes("sepa_debit"),
  };
}

/** What a payment link's address had the e-mail's field begin with. */
function prefilled({ store }: World, { id }: CheckoutSession): { input?: CheckoutInput } {
  const email = store.sessionDetails.get(id).prefilledEmail ?? null;
  return email === null ? {} : { input: { email } };
}

async function showCheckout(world: World, id: string): Promise<Response> {
  const session = world.store.checkoutSessions.find(id);
  if (!session) return missing();
  if (session.status !== "open") return closedCheckout(world, session);
  const known = world.store.customers.find(session.customer)?.email ?? session.customer_email;
  return redirectedSubscriber(world, session, known) ?? openCheckout(world, session, prefilled(world, session));
}

function openCheckout(
  world: World,
  session: CheckoutSession,
  typed: Partial<Pick<CheckoutView, "input" | "problem" | "quantityProblem">>,
  status = 200,
): Promise<Response> {
  const details = world.store.sessionDetails.get(session.id);
  const expected = expectationsOf(world, session);
  const discountName = discountNameOf(world, session);
  const [renewals, trialDays] = [renewalsOf(world, session), trialDaysOf(world, details)];
  const view = { session, details, expected, input: {}, discountName, renewals, trialDays, ...typed };
  return page("Checkout", checkoutPage(view), status);
}

function closedCheckout({ store }: World, session: CheckoutSession): Promise<Response> {
  if (session.status === "complete") {
    if (session.client_secret) return leave(returnUrl(session));
    const thanks = store.sessionDetails.get(session.id).thanks ?? null;
    if (thanks !== null) return notice("Thanks for your payment", thanks || "A payment will show for it.", 200);
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

const returnUrl = ({ return_url: url, id }: CheckoutSession) => (url ?? "/").replaceAll("{CHECKOUT_SESSION_ID}", id);

/** Where the buyer is led when it is paid: to the seller, or to the page's own thanks. */
const afterwards = (world: World, session: CheckoutSession) =>
  session.client_secret || (world.store.sessionDetails.get(session.id).thanks ?? null) !== null
    ? addressOf(world, session)
    : successUrl(session);

async function pay(world: World, deliverer: Deliverer, id: string, input: CheckoutInput): Promise<Response> {
  const session = world.store.checkoutSessions.find(id);
  if (!session) return missing();
  if (session.status === "complete") return seeOther(afterwards(world, session));
  if (session.status !== "open") return closedCheckout(world, session);
  if (input.action === "update_quantities") {
    const quantityProblem = adjustQuantities(world, session, input);
    return quantityProblem === undefined
      ? seeOther(addressOf(world, session))
      : openCheckout(world, session, { quantityProblem }, 400);
  }
  if (session.customer !== null && !world.store.customers.find(session.customer)) return missing();
  if (input.action?.endsWith("_promotion_code")) return enterCode(world, session, input);
  const refusedNow = refusedCode(world, session);
  if (refusedNow !== undefined) {
    const undiscounted = priceSession(world, id, { discounts: [] });
    const problem = { field: "promotion_code", message: refusedNow } as const;
    return openCheckout(world, undiscounted, { input, problem }, 400);
  }
  const expected = expectationsOf(world, session);
  const read = readCheckoutInput(input, expected, new Date(world.nowMs()));
  if ("message" in read) return openCheckout(world, session, { input, problem: read }, 400);
  const subscriber = redirectedSubscriber(world, session, read.payer.email);
  if (subscriber) return subscriber;
  const address = expected.address ? readAddress(input) : undefined;
  if (address && "message" in address) return openCheckout(world, session, { input, problem: address }, 400);
  const taxId = expected.taxId ? readTaxId(input, expected.taxId) : null;
  if (isProblem(taxId)) return openCheckout(world, session, { input, problem: taxId }, 400);
  if (expected.terms && !input.terms) return openCheckout(world, session, { input, problem: TERMS_MISSING }, 400);
  const typed = { ...(address ? { address } : {}), ...(expected.taxId ? { taxId } : {}) };
  const placed = Object.keys(typed).length > 0 ? placeSession(world, id, typed) : session;
  if (input.expected_amount !== undefined && Number(input.expected_amount) !== placed.amount_total) {
    return openCheckout(world, placed, { input, problem: TOTAL_CHANGED });
  }
  if (input.challenge === "fail") {
    if (session.payment_intent !== null) failChallenge(world, session.payment_intent);
    if (session.setup_intent !== null) answerSetupChallenge(world, session.setup_intent, false);
    const problem = { field: "card_number", message: CHALLENGE_FAILED.message } as const;
    return openCheckout(world, placed, { input, problem }, 402);
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
    return openCheckout(world, placed, { input, problem }, 402);
  }
  await deliverer.firstAnswer(result.event.id, WEBHOOK_PATIENCE_MS);
  return seeOther(afterwards(world, session));
}

const TERMS_MISSING = { field: "terms", message: "Accept the terms of service to go on." } as const;

/** Nobody pays another amount than they saw: tax depends on the address, which came with the payment. */
const TOTAL_CHANGED = {
  field: "expected_amount",
  message: "The total has changed. Nothing was charged yet: press the button again to pay what is shown now.",
} as const;

function enterCode(world: World, session: CheckoutSession, input: CheckoutInput): Response | Promise<Response> {
  const message = changeCode(world, session, input);
  if (message === undefined) return seeOther(addressOf(world, session));
  return openCheckout(world, session, { input, problem: { field: "promotion_code", message } }, 400);
}

const findPortalSession = (world: World, id: string) =>
  world.store.portalSessions.all().find((row) => row.url.endsWith(`/p/session/${id}`));

/** The portal's page, or the flow that the session opens with. */
function showPortal(world: World, session: PortalSession, flow: PortalSession["flow"]): Promise<Response> {
  if (flow?.type === "payment_method_update") return showMethodForm(session);
  if (flow?.subscription_update_confirm)
    return page("Confirm", confirmPage(world, session, flow.subscription_update_confirm));
  return page("Billing", portalPage(world, session, flow));
}

/** The portal's routes: its page, the page of a flow, and the form for a payment method. */
function addPortal(app: Hono, world: World): void {
  const at = <T>(id: string, act: (session: PortalSession) => T) => {
    const session = findPortalSession(world, id);
    return session ? world.onClock(clockOf(world.store, session.customer), () => act(session)) : missing();
  };
  app.get("/p/session/:id", async (context) =>
    at(context.req.param("id"), (session) => showPortal(world, session, session.flow)),
  );
  app.get("/p/session/:id/home", async (context) =>
    at(context.req.param("id"), (session) => showPortal(world, session, null)),
  );
  app.on("POST", ["/p/session/:id", "/p/session/:id/home"], async (context) => {
    const form = await formOf(context.req.raw);
    return at(context.req.param("id"), (session) => {
      if (session.flow?.type === "payment_method_update" && form.action === undefined)
        return takeMethod(world, session, form);
      const said = changeInPortal(world, session, form);
      if (said === undefined) return missing();
      return context.req.path === `/p/session/${context.req.param("id")}`
        ? completed(session, said)
        : seeOther(homeOf(session.url));
    });
  });
  app.get("/p/session/:id/payment-method", async (context) =>
    at(context.req.param("id"), (session) => (offersMethods(world, session) ? showMethodForm(session) : missing())),
  );
  app.post("/p/session/:id/payment-method", async (context) => {
    const form = await formOf(context.req.raw);
    return at(context.req.param("id"), (session) =>
      offersMethods(world, session) ? takeMethod(world, session, form) : missing(),
    );
  });
}

const offersMethods = (world: World, { configuration }: PortalSession) =>
  getConfiguration(world, configuration).features.payment_method_update.enabled;
