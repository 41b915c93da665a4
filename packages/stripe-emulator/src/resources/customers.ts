import type Stripe from "stripe";
import { found, noSuch } from "../api/errors.ts";
import { choose, listRoute } from "../api/list.ts";
import {
  arrayOf,
  atMost,
  clearable,
  email,
  type Fields,
  hashOf,
  ignored,
  mergeMetadata,
  metadata,
  oneOf,
  type ParamsOf,
  schema,
  text,
} from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { adjustBalance } from "../billing/balance.ts";
import { putCustomer } from "../billing/customer.ts";
import { endSubscription, isOver } from "../billing/end-subscription.ts";
import { retirePaymentMethod } from "../billing/payment-method.ts";
import { putTaxId } from "../billing/tax-ids.ts";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { address, addressOf } from "./address.ts";
import { cardOf } from "./cards.ts";
import { refuseFullClock } from "./clock-limits.ts";
import { addCard, attachFromParam } from "./payment-methods.ts";
import { signedAmount } from "./price-params.ts";
import { refuseNoTaxId, taxIdData } from "./tax-ids.ts";

type Customer = Stored<Stripe.Customer>;

const attributes = {
  address: clearable(address),
  balance: signedAmount,
  description: clearable(text),
  email: clearable(email),
  metadata,
  name: clearable(atMost(256)),
  phone: clearable(atMost(20)),
  preferred_locales: arrayOf(text),
  tax_exempt: clearable(oneOf("none", "exempt", "reverse")),
  invoice_settings: hashOf(schema({ default_payment_method: clearable(text) })),
  // Where they are is known by their address alone.
  tax: hashOf(schema({ validate_location: ignored })),
} satisfies Fields<keyof Stripe.CustomerUpdateParams>;

const createParams = schema({
  ...attributes,
  payment_method: text,
  source: text,
  tax_id_data: arrayOf(taxIdData),
  test_clock: text,
} satisfies Fields<keyof Stripe.CustomerCreateParams>);
type CreateParams = ParamsOf<typeof createParams>;
const updateParams = schema(attributes);
type UpdateParams = ParamsOf<typeof updateParams>;

/** The customer of an id that a parameter named; 400 when there is none. */
export function customerFromParam(world: World, id: string, param = "customer"): Customer {
  return found(world.store.customers.find(id), "customer", id, param);
}

export function createCustomer(world: World, params: CreateParams): Customer {
  const clock = params.test_clock ?? null;
  if (clock !== null && !world.store.testClocks.find(clock)) throw noSuch("test_clock", clock, "test_clock");
  if (clock !== null) refuseFullClock(world, clock);
  return world.onClock(clock, () => newCustomer(world, params));
}

function newCustomer(world: World, { tax_id_data: taxIds = [], ...params }: CreateParams): Customer {
  const id = newId("cus", 14);
  if (params.payment_method !== undefined) attachFromParam(world, params.payment_method, id, "payment_method");
  const source = params.source === undefined ? null : addCard(world, params.source, id);
  for (const [index, taxId] of taxIds.entries()) refuseNoTaxId(taxId, `tax_id_data[${index}][value]`);
  const customer = putCustomer(world, {
    ...params,
    id,
    defaultSource: source?.id ?? null,
    address: addressOf(params.address),
    defaultMethod: defaultMethod(world, id, params.invoice_settings?.default_payment_method),
    metadata: mergeMetadata({}, params.metadata),
  });
  for (const taxId of taxIds) putTaxId(world, id, taxId);
  if (source) world.emit("customer.source.created", cardOf(source));
  return customer;
}

/** `pm_card_visa` and the like become the customer's own method; others must be attached already. */
function defaultMethod(world: World, customer: string, id: string | null | undefined): string | null {
  if (id == null) return null;
  const attached = world.store.paymentMethods.all().filter((row) => row.customer === customer);
  const own = found(
    attached.find((row) => row.id === id) ?? (id.startsWith("pm_card_") ? attached.at(-1) : undefined),
    "PaymentMethod",
    id,
    "invoice_settings[default_payment_method]",
  );
  return own.id;
}

export function updateCustomer(world: World, id: string, params: UpdateParams): Customer {
  const before = found(world.store.customers.find(id), "customer", id);
  const {
    metadata: change,
    address: newAddress,
    invoice_settings: settings,
    tax: _tax,
    balance = before.balance,
    ...plain
  } = params;
  const chosen = settings?.default_payment_method;
  if (balance !== before.balance) {
    const currency = before.currency ?? "usd";
    adjustBalance(world, id, { amount: balance - before.balance, currency, type: "adjustment" });
  }
  return world.update(
    "customers",
    id,
    {
      ...plain,
      metadata: mergeMetadata(before.metadata, change),
      ...(newAddress === undefined ? {} : { address: addressOf(newAddress) }),
      ...(chosen === undefined
        ? {}
        : {
            invoice_settings: { ...before.invoice_settings, default_payment_method: defaultMethod(world, id, chosen) },
          }),
    },
    "customer.updated",
  );
}

/** Deletes a customer; the subscriptions end at once, and its methods pay nothing any more. */
export function deleteCustomer(world: World, id: string): Stripe.DeletedCustomer {
  const customer = found(world.store.customers.find(id), "customer", id);
  for (const taxId of world.store.taxNumbers.where("customer", id)) world.store.taxNumbers.delete(taxId.id);
  for (const subscription of world.store.subscriptions.all()) {
    if (subscription.customer === id && !isOver(subscription)) endSubscription(world, subscription.id);
  }
  for (const invoice of world.store.invoices.all()) {
    if (invoice.customer !== id) continue;
    for (const kind of ["finalize_invoice", "retry_payment", "invoice_overdue"] as const)
      world.unschedule(kind, invoice.id);
  }
  for (const { id: method } of world.store.paymentMethods.where("customer", id)) retirePaymentMethod(world, method);
  world.store.customers.delete(id);
  world.emit("customer.deleted", customer);
  return world.store.deletedCustomers.put({ id, object: "customer", deleted: true });
}

export const customerRoutes: Route[] = [
  route("POST", "/v1/customers", createParams, createCustomer),
  listRoute(
    "/v1/customers",
    "customer",
    { email: text, test_clock: text },
    (world, { email, test_clock: clock = null }) => choose(world.store.customers, { email, test_clock: clock }),
  ),
  route("GET", "/v1/customers/:id", schema({}), (world, _, { id }) => {
    return found(world.store.customers.find(id) ?? world.store.deletedCustomers.find(id), "customer", id);
  }),
  route("POST", "/v1/customers/:id", updateParams, (world, params, { id }) => updateCustomer(world, id, params)),
  route("DELETE", "/v1/customers/:id", schema({}), (world, _, { id }) => deleteCustomer(world, id)),
];
