import type Stripe from "stripe";
import { found, invalid, noSuch } from "../api/errors.ts";
import { choose, listRoute } from "../api/list.ts";
import { type Fields, integer, mergeMetadata, metadata, oneOf, type ParamsOf, schema, text } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { isChargedBack, refundable, refundCharge, tellRefund } from "../billing/refunding.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { refuseFraction } from "./payment-intents.ts";

const createParams = schema({
  amount: integer,
  charge: text,
  payment_intent: text,
  metadata,
  reason: oneOf("duplicate", "fraudulent", "requested_by_customer"),
} satisfies Fields<keyof Stripe.RefundCreateParams>);

type CreateParams = ParamsOf<typeof createParams>;

function chargeToRefund(
  world: World,
  { charge: chargeId, payment_intent: intentId }: CreateParams,
): Stored<Stripe.Charge> {
  if ((chargeId === undefined) === (intentId === undefined)) {
    throw invalid("One of the following params should be provided for this request: payment_intent or charge.");
  }
  const intent = world.store.paymentIntents.find(intentId);
  if (intentId !== undefined && !intent) throw noSuch("payment_intent", intentId, "payment_intent");
  const id = chargeId ?? intent?.latest_charge ?? undefined;
  const charge = world.store.charges.find(id);
  if (chargeId !== undefined && !charge) throw noSuch("charge", chargeId, "charge");
  if (charge?.status === "succeeded" && charge.captured) return charge;
  throw invalid("This PaymentIntent does not have a successful charge to refund.", "charge_not_refundable");
}

export function createRefund(world: World, params: CreateParams): Stored<Stripe.Refund> {
  const charge = chargeToRefund(world, params);
  if (isChargedBack(world, charge))
    throw invalid(`Charge ${charge.id} has been charged back; cannot issue a refund.`, "charge_disputed");
  const left = refundable(charge);
  if (left === 0) throw invalid(`Charge ${charge.id} has already been refunded.`, "charge_already_refunded");
  const amount = params.amount ?? left;
  if (amount < 1)
    throw invalid("This value must be greater than or equal to 1.", "parameter_invalid_integer", "amount");
  if (amount > left) {
    throw invalid(
      `Refund amount (${amount}) is greater than unrefunded amount on charge (${left})`,
      "amount_too_large",
      "amount",
    );
  }
  refuseFraction(amount, charge.currency, "amount");
  return refundCharge(world, charge, {
    amount,
    metadata: mergeMetadata({}, params.metadata),
    reason: params.reason ?? null,
  });
}

function getRefund(world: World, id: string): Stored<Stripe.Refund> {
  return found(world.store.refunds.find(id), "refund", id);
}

export const refundRoutes: Route[] = [
  route("POST", "/v1/refunds", createParams, createRefund),
  listRoute("/v1/refunds", "refund", { charge: text, payment_intent: text }, (world, { charge, payment_intent }) =>
    choose(world.store.refunds, { charge, payment_intent }),
  ),
  route("GET", "/v1/refunds/:id", schema({}), (world, _, { id }) => getRefund(world, id)),
  route("POST", "/v1/refunds/:id", schema({ metadata }), (world, { metadata: change }, { id }) =>
    tellRefund(world, id, { metadata: mergeMetadata(getRefund(world, id).metadata, change) }),
  ),
];
