import { Hono } from "hono";
import { ApiError } from "../api/errors.ts";
import { adjustQuantities } from "../billing/session-lines.ts";
import { dueOn, isAnchored, placeSession, renewalsOf, trialDaysOf } from "../billing/session-pricing.ts";
import type { Deliverer } from "../events/deliverer.ts";
import type { CheckoutSession } from "../resources/checkout-sessions.ts";
import { getConfiguration } from "../resources/portal-configurations.ts";
import type { PortalSession } from "../resources/portal-sessions.ts";
import { clockOf } from "../state/clock-of.ts";
import type { SessionDetails } from "../state/selling.ts";
import type { World } from "../world.ts";
import { answerByGet } from "./answer-by-get.ts";
import { challengePage, showChallenge, takeChallenge } from "./challenge-page.ts";
import { attemptCheckout, expectationsOf } from "./checkout-attempt.ts";
import { addCheckoutElements } from "./checkout-elements.ts";
import type { CheckoutInput } from "./checkout-form.ts";
import { type CheckoutView, checkoutPage } from "./checkout-page.ts";
import { changeCode, discountNameOf } from "./checkout-totals.ts";
import { receiptPage } from "./document-page.ts";
import { addEmbedded, addressOf, leave, returnUrl } from "./embedding.ts";
import { formOf } from "./form.ts";
import { showInvoice, takeInvoicePayment } from "./invoice-payment.ts";
import { notice, page, seeOther } from "./layout.ts";
import { clockMoves, movingPage } from "./moving-clock.ts";
import { redirectedSubscriber } from "./one-subscription.ts";
import { addLinks } from "./payment-links.ts";
import { changeInPortal, type Form } from "./portal-actions.ts";
import { confirmPage } from "./portal-confirm.ts";
import { completed, flowPage, opensPortal, taskOf } from "./portal-flow.ts";
import { portalPage } from "./portal-page.ts";
import { showMethodForm, takeMethod } from "./portal-payment-method.ts";
import { priceText } from "./price-text.ts";

/** What buyers see: `/c` (checkout) and `/p` (portal, invoices, receipts). */
export function pagesApp(world: World, deliverer: Deliverer): Hono {
  const app = new Hono();
  const { store } = world;
  app.use("/c/*", answerByGet());
  app.use("/p/*", answerByGet());
  // An embedded session has no page of its own.
  const hosted = (id: string) => (store.checkoutSessions.find(id)?.client_secret ? "" : id);
  const take = async (id: string, request: Request) => pay(world, deliverer, id, await formOf(request));
  app.get("/c/pay/:id", (context) => showCheckout(world, hosted(context.req.param("id"))));
  app.post("/c/pay/:id", (context) => take(hosted(context.req.param("id")), context.req.raw));
  addEmbedded(app, world, { show: (id) => showCheckout(world, id), take });
  addCheckoutElements(app, world, deliverer);
  app.get("/c/challenge/:id", (context) => showChallenge(world, context.req.param("id")));
  app.post("/c/challenge/:id", async (context) => {
    const [id, form] = [context.req.param("id"), await formOf(context.req.raw)];
    return movingPage(world, id) ?? world.onClock(clockOf(store, id), () => takeChallenge(world, id, form));
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
    return (
      movingPage(world, invoice.id) ??
      world.onClock(clockOf(store, invoice.id), () => takeInvoicePayment(world, invoice, form))
    );
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
  const anew = isAnchored(world.store.sessionDetails.get(id)) && clockMoves(world, id) === undefined;
  const shown = anew ? placeSession(world, id, {}) : session;
  return redirectedSubscriber(world, session, known) ?? openCheckout(world, shown, prefilled(world, session));
}

/** What is paid by use has no amount yet: by the line's id, what a unit costs. */
const ratesByUse = (world: World, items: SessionDetails["lineItems"]) =>
  new Map(
    items.flatMap(({ id, quantity, price, currency }) =>
      price && quantity === null ? [[id, priceText(world, price, currency)]] : [],
    ),
  );

function openCheckout(
  world: World,
  session: CheckoutSession,
  typed: Partial<Pick<CheckoutView, "input" | "problem" | "quantityProblem">>,
  status = 200,
): Promise<Response> {
  const details = world.store.sessionDetails.get(session.id);
  const expected = expectationsOf(world, session);
  const discountName = discountNameOf(world, session);
  const rates = ratesByUse(world, details.lineItems);
  const [renewals, trialDays] = world.onClock(clockOf(world.store, session.id), () => [
    renewalsOf(world, session),
    trialDaysOf(world, details),
  ]);
  const due = dueOn(world, session);
  const view = { session, due, details, expected, input: {}, discountName, renewals, rates, trialDays, ...typed };
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

/** Where the buyer is led when it is paid: to the seller, or to the page's own thanks. */
const afterwards = (world: World, session: CheckoutSession) =>
  session.client_secret || (world.store.sessionDetails.get(session.id).thanks ?? null) !== null
    ? addressOf(world, session)
    : successUrl(session);

async function pay(world: World, deliverer: Deliverer, id: string, input: CheckoutInput): Promise<Response> {
  const session = world.store.checkoutSessions.find(id);
  if (!session) return missing();
  if (session.status === "complete") return seeOther(afterwards(world, session));
  const moving = movingPage(world, id);
  if (moving) return moving;
  if (session.status !== "open") return closedCheckout(world, session);
  if (input.action === "update_quantities") {
    const quantityProblem = adjustQuantities(world, session, input);
    return quantityProblem === undefined
      ? seeOther(addressOf(world, session))
      : openCheckout(world, session, { quantityProblem }, 400);
  }
  if (session.customer !== null && !world.store.customers.find(session.customer)) return missing();
  if (input.action?.endsWith("_promotion_code")) return enterCode(world, session, input);
  const attempt = await attemptCheckout(world, deliverer, session, input);
  if (attempt.is === "subscribed") return attempt.page;
  if (attempt.is === "refused") {
    const { problem, status } = attempt;
    return openCheckout(world, attempt.session, { input, problem }, status);
  }
  if (attempt.is === "complete") return seeOther(afterwards(world, session));
  const { challenge: _answer, ...fields } = input;
  return page("3D Secure", challengePage(fields));
}

function enterCode(world: World, session: CheckoutSession, input: CheckoutInput): Response | Promise<Response> {
  const message = changeCode(world, session, input);
  if (message === undefined) return seeOther(addressOf(world, session));
  return openCheckout(world, session, { input, problem: { field: "promotion_code", message } }, 400);
}

const findPortalSession = (world: World, id: string) =>
  world.store.portalSessions.all().find((row) => row.url.endsWith(`/p/session/${id}`));

/** The portal's page, or the flow that the session opens with. */
function showPortal(world: World, session: PortalSession): Promise<Response> {
  const { flow } = session;
  if (!flow) return page("Billing", portalPage(world, session));
  if (flow.type === "payment_method_update") return showMethodForm(session);
  const { subscription_update_confirm: confirm } = flow;
  return page("Billing", confirm ? confirmPage(world, session, confirm) : flowPage(world, session, flow));
}

/** The portal's routes: its page, or the page of a flow; and the form for a payment method. */
function addPortal(app: Hono, world: World): void {
  const at = <T>(id: string, act: (session: PortalSession) => T) => {
    const session = findPortalSession(world, id);
    return session ? world.onClock(clockOf(world.store, session.customer), () => act(session)) : missing();
  };
  const changed = <T>(id: string, act: (session: PortalSession) => T) =>
    at(id, (session) => movingPage(world, session.customer ?? "") ?? act(session));
  const inPortal = <T>(id: string, act: (session: PortalSession) => T) =>
    at(id, (session) => (opensPortal(session) ? act(session) : missing()));
  const change = (session: PortalSession, form: Form | undefined) => {
    try {
      const said = form && changeInPortal(world, session, form);
      return said === undefined ? missing() : completed(session, said);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      return notice("This cannot be changed", `${error.message} Nothing was changed.`, 400);
    }
  };
  app.get("/p/session/:id", async (context) => at(context.req.param("id"), (session) => showPortal(world, session)));
  app.post("/p/session/:id", async (context) => {
    const form = await formOf(context.req.raw);
    return changed(context.req.param("id"), (session) => {
      const { flow } = session;
      if (flow?.type === "payment_method_update") return takeMethod(world, session, form);
      return change(session, flow ? taskOf(flow, form) : form);
    });
  });
  app.get("/p/session/:id/home", async (context) =>
    inPortal(context.req.param("id"), (session) => page("Billing", portalPage(world, session))),
  );
  app.post("/p/session/:id/home", async (context) => {
    const form = await formOf(context.req.raw);
    return changed(context.req.param("id"), (session) => (opensPortal(session) ? change(session, form) : missing()));
  });
  app.get("/p/session/:id/payment-method", async (context) =>
    inPortal(context.req.param("id"), (session) =>
      offersMethods(world, session) ? showMethodForm(session) : missing(),
    ),
  );
  app.post("/p/session/:id/payment-method", async (context) => {
    const form = await formOf(context.req.raw);
    return changed(context.req.param("id"), (session) =>
      opensPortal(session) && offersMethods(world, session) ? takeMethod(world, session, form) : missing(),
    );
  });
}

const offersMethods = (world: World, { configuration }: PortalSession) =>
  getConfiguration(world, configuration).features.payment_method_update.enabled;
