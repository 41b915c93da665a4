import type Stripe from "stripe";
import { found, invalid, missingParameter } from "../api/errors.ts";
import { choose, listRoute } from "../api/list.ts";
import { type Fields, hashOf, oneOf, type ParamsOf, type Reader, schema, text } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { deleteTaxId, isTaxId, putTaxId } from "../billing/tax-ids.ts";
import type { TaxId } from "../state/rows.ts";
import type { World } from "../world.ts";

const type: Reader<TaxId["type"]> = (value, param) => text(value, param) as TaxId["type"];
const attributes = { type, value: text };
/** A tax id inside another request. */
export const taxIdData = hashOf(schema(attributes, ["type", "value"]));
const owner = hashOf(schema({ type: oneOf("customer", "self"), customer: text }, ["type"]));
const createParams = schema({ ...attributes, owner } satisfies Fields<keyof Stripe.TaxIdCreateParams>, [
  "type",
  "value",
]);

/** 400 with the code that Stripe has for it (https://docs.stripe.com/error-codes#tax-id-invalid). */
export function refuseNoTaxId(taxId: TaxId, param: string): void {
  if (!isTaxId(taxId)) throw invalid(`Invalid value for ${taxId.type}.`, "tax_id_invalid", param);
}

function createTaxId(world: World, customer: string | null, taxId: TaxId) {
  refuseNoTaxId(taxId, "value");
  return putTaxId(world, customer, taxId);
}

/** Whose tax ids are meant: a customer's, or (null) the account's own. */
function ownerOf(world: World, asked: ParamsOf<typeof createParams>["owner"]): string | null {
  if (asked?.type !== "customer") return null;
  if (asked.customer === undefined) throw missingParameter("owner[customer]");
  return found(world.store.customers.find(asked.customer), "customer", asked.customer, "owner[customer]").id;
}

const getTaxId = (world: World, id: string) => found(world.store.taxNumbers.find(id), "tax_id", id);

function getTaxIdOf(world: World, customer: string, id: string) {
  const taxId = getTaxId(world, id);
  return found(taxId.customer === customer ? taxId : undefined, "tax_id", id);
}

const getCustomer = (world: World, id: string) => found(world.store.customers.find(id), "customer", id).id;

export const taxIdRoutes: Route[] = [
  route("POST", "/v1/tax_ids", createParams, (world, { owner: asked, ...taxId }) =>
    createTaxId(world, ownerOf(world, asked), taxId),
  ),
  listRoute("/v1/tax_ids", "tax_id", { owner }, (world, { owner: asked }) => {
    const customer = ownerOf(world, asked);
    return choose(world.store.taxNumbers, {}, (row) => asked === undefined || row.customer === customer);
  }),
  route("GET", "/v1/tax_ids/:id", schema({}), (world, _, { id }) => getTaxId(world, id)),
  route("DELETE", "/v1/tax_ids/:id", schema({}), (world, _, { id }) => deleteTaxId(world, getTaxId(world, id))),
  route("POST", "/v1/customers/:id/tax_ids", schema(attributes, ["type", "value"]), (world, taxId, { id }) =>
    createTaxId(world, getCustomer(world, id), taxId),
  ),
  listRoute("/v1/customers/:id/tax_ids", "tax_id", {}, (world, _, { id }) =>
    world.store.taxNumbers.where("customer", getCustomer(world, id)),
  ),
  route("GET", "/v1/customers/:id/tax_ids/:tax_id", schema({}), (world, _, { id, tax_id: taxId }) =>
    getTaxIdOf(world, id, taxId),
  ),
  route("DELETE", "/v1/customers/:id/tax_ids/:tax_id", schema({}), (world, _, { id, tax_id: taxId }) =>
    deleteTaxId(world, getTaxIdOf(world, id, taxId)),
  ),
];
