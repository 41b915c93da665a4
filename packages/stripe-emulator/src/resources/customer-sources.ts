import type Stripe from "stripe";
import { found, noSuch } from "../api/errors.ts";
import { listRoute } from "../api/list.ts";
import { type Fields, integer, mergeMetadata, metadata, oneOf, type ParamsOf, schema, text } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { cardOf } from "./cards.ts";
import { addCard, detach, renewed } from "./payment-methods.ts";

type Card = Stored<Stripe.Card>;

const createParams = schema({ source: text, metadata } satisfies Fields<keyof Stripe.CustomerCreateSourceParams>, [
  "source",
]);

function getCustomer(world: World, id: string) {
  return found(world.store.customers.find(id), "customer", id);
}

function createSource(world: World, id: string, params: ParamsOf<typeof createParams>): Card {
  const { default_source: before } = getCustomer(world, id);
  const method = addCard(world, params.source, id, mergeMetadata({}, params.metadata));
  world.emit("customer.source.created", cardOf(method));
  if (before === null) world.update("customers", id, { default_source: method.id }, "customer.updated");
  return cardOf(method);
}

/** A customer's cards: they are payment methods, too, by the same id. */
const cardsOf = (world: World, id: string) =>
  world.store.paymentMethods.where("customer", getCustomer(world, id).id).filter((row) => row.id.startsWith("card_"));

function getSource(world: World, id: string, source: string) {
  const method = cardsOf(world, id).find((row) => row.id === source);
  if (!method) throw noSuch("source", source);
  return method;
}

const updateParams = schema({ exp_month: integer, exp_year: integer, metadata, name: text } satisfies Fields<
  keyof Stripe.CustomerUpdateSourceParams
>);

function updateSource(world: World, id: string, source: string, params: ParamsOf<typeof updateParams>): Card {
  const before = getSource(world, id, source);
  const { metadata: change, name, ...expiry } = params;
  const after = world.update("paymentMethods", source, {
    billing_details: { ...before.billing_details, ...(name === undefined ? {} : { name }) },
    ...(before.card && Object.keys(expiry).length > 0 ? { card: renewed(world, before.card, expiry) } : {}),
    metadata: mergeMetadata(before.metadata, change),
  });
  world.emit("customer.source.updated", cardOf(after));
  return cardOf(after);
}

/** It is detached, too. */
function deleteSource(world: World, id: string, source: string): Stored<Stripe.DeletedCard> {
  const card = cardOf(getSource(world, id, source));
  detach(world, source);
  world.emit("customer.source.deleted", card);
  return { id: source, object: "card", deleted: true };
}

/** The older way to keep cards: https://docs.stripe.com/api/cards */
export const customerSourceRoutes: Route[] = [
  route("POST", "/v1/customers/:id/sources", createParams, (world, params, { id }) => createSource(world, id, params)),
  listRoute("/v1/customers/:id/sources", "source", { object: oneOf("card") }, (world, _, { id }) =>
    cardsOf(world, id).map((method) => cardOf(method)),
  ),
  route("GET", "/v1/customers/:id/sources/:source", schema({}), (world, _, { id, source }) =>
    cardOf(getSource(world, id, source)),
  ),
  route("POST", "/v1/customers/:id/sources/:source", updateParams, (world, params, { id, source }) =>
    updateSource(world, id, source, params),
  ),
  route("DELETE", "/v1/customers/:id/sources/:source", schema({}), (world, _, { id, source }) =>
    deleteSource(world, id, source),
  ),
];
