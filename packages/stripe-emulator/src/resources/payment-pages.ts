import { ApiError, found, invalid } from "../api/errors.ts";
import { ignored, integer, schema, text } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { completeCheckout } from "../billing/checkout.ts";
import { dueOn, placeSession } from "../billing/session-pricing.ts";
import { DECLINED, instrumentOf } from "../billing/test-cards.ts";
import type { World } from "../world.ts";
import { dueRefusal } from "./checkout-session-rules.ts";
import type { CheckoutSession } from "./checkout-sessions.ts";
import { methodFromParam } from "./payment-methods.ts";

const confirmParams = schema({ expected_amount: integer, payment_method: text, return_url: ignored }, [
  "payment_method",
]);

function getOpenSession(world: World, id: string): CheckoutSession {
  return found(world.store.checkoutSessions.find(id), "payment_page", id);
}

/** The undocumented routes behind the hosted page: Stripe's CLI completes its checkouts by them. */
export const paymentPageRoutes: Route[] = [
  route("GET", "/v1/payment_pages/:id", schema({}), (world, _, { id }) => getOpenSession(world, id)),
  route("POST", "/v1/payment_pages/:id/confirm", confirmParams, (world, params, { id }) => {
    const { status } = getOpenSession(world, id);
    if (status !== "open") throw invalid("This Checkout Session is no longer open.");
    const method = methodFromParam(world, params.payment_method, "payment_method");
    const { address, email, name } = method.billing_details;
    const session = address?.country ? placeSession(world, id, { address }) : getOpenSession(world, id);
    if (session.automatic_tax.status === "requires_location_inputs") {
      throw invalid("This Checkout Session needs a billing address.", "customer_tax_location_invalid");
    }
    if (params.expected_amount !== undefined && params.expected_amount !== dueOn(world, session)) {
      throw invalid("The amount has changed.", undefined, "expected_amount");
    }
    const refusal = dueRefusal(world, session);
    if (refusal) throw refusal;
    const instrument = instrumentOf(world.store.instruments.get(method.id).outcome, method);
    const result = completeCheckout(world, id, { email, name }, instrument);
    if (result.is !== "complete") throw new ApiError(402, { type: "card_error", ...DECLINED });
    return world.store.checkoutSessions.get(id);
  }),
];
