import type Stripe from "stripe";
import { ApiError, found, invalid, missingParameter, noSuch } from "../api/errors.ts";
import { choose, listRoute } from "../api/list.ts";
import {
  clearable,
  email,
  type Fields,
  hashOf,
  integer,
  mergeMetadata,
  metadata,
  oneOf,
  type ParamsOf,
  schema,
  text,
} from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import {
  attachPaymentMethod,
  createPaymentMethod,
  isUsedUp,
  type Payer,
  retirePaymentMethod,
} from "../billing/payment-method.ts";
import {
  DECLINED,
  expiryProblem,
  findCard,
  findIban,
  fullYear,
  type Instrument,
  namedCardNumber,
  readTestCard,
} from "../billing/test-cards.ts";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { address, addressOf } from "./address.ts";
import { refuseUnknownCustomer } from "./listed-customer.ts";

type PaymentMethod = Stored<Stripe.PaymentMethod>;

/** A method named by a parameter; a name such as `pm_card_visa` makes a new one each time, as at Stripe. */
export function methodFromParam(world: World, id: string, param?: string): PaymentMethod {
  const number = namedCardNumber(id);
  if (number !== undefined) return createPaymentMethod(world, namedCard(world, number), NOBODY);
  const method = found(world.store.paymentMethods.find(id), "PaymentMethod", id, param);
  if (isUsedUp(world, id)) {
    const message =
      "This PaymentMethod was previously used with a PaymentIntent without Customer attachment, shared with a connected account without Customer attachment, or was detached from a Customer. It may not be used again. To use a PaymentMethod multiple times, you must attach it to a Customer first.";
    throw invalid(message, undefined, param ?? "payment_method");
  }
  return method;
}

/** Stripe's 400 for a method that is another customer's, or a customer's where none is to pay. */
export function refuseOthersMethod({ id, customer: owner }: PaymentMethod, customer: string | null): void {
  if (owner === null || owner === customer) return;
  const message =
    customer === null
      ? `The PaymentMethod supplied (${id}) belongs to a Customer. Please include the Customer in the \`customer\` parameter.`
      : `The PaymentMethod ${id} does not belong to the Customer you supplied ${customer}. Please use this PaymentMethod with the Customer that it belongs to instead.`;
  throw invalid(message, undefined, "payment_method");
}

/** Stripe's 400 for a default that is not the customer's. */
export function refuseDefaultMethod(
  world: World,
  { customer }: { customer: string | null },
  id: string | null | undefined,
): void {
  if (id == null || world.store.paymentMethods.find(id)?.customer === customer) return;
  throw noSuch("PaymentMethod", id, "default_payment_method");
}

/** Keeps the card of a token for a customer, as older clients do: `tok_visa`. */
export function addCard(world: World, token: string, customer: string, given: Stripe.Metadata = {}): PaymentMethod {
  const number = token.startsWith("tok_") ? namedCardNumber(token) : undefined;
  if (number === undefined) throw noSuch("token", token, "source");
  const method = createPaymentMethod(world, namedCard(world, number), NOBODY, given, newId("card"));
  return attachFromParam(world, method.id, customer, "source");
}

/** Gives a method that a parameter named to a customer. */
export function attachFromParam(world: World, id: string, customer: string, param?: string): PaymentMethod {
  const method = methodFromParam(world, id, param);
  const { outcome, decline = DECLINED } = world.store.instruments.get(method.id);
  if (method.customer !== null && method.customer !== customer)
    throw invalid("The payment method you provided has already been attached to a customer.", undefined, param);
  if (outcome === "declined") throw new ApiError(402, { type: "card_error", ...decline });
  return attachPaymentMethod(world, method.id, customer);
}

const NOBODY: Payer = { email: null, name: null };

function namedCard(world: World, number: string): Instrument {
  const card = findCard(number, 12, new Date(world.nowMs()).getUTCFullYear() + 4);
  if (!card) throw new Error(`No test card ${number}.`);
  return card;
}

const billingDetails = hashOf(
  schema({ address: clearable(address), email: clearable(email), name: clearable(text), phone: clearable(text) }),
);

const createParams = schema(
  {
    type: oneOf("card", "sepa_debit"),
    sepa_debit: hashOf(schema({ iban: text }, ["iban"])),
    card: hashOf(schema({ token: text, number: text, exp_month: integer, exp_year: integer, cvc: text })),
    billing_details: billingDetails,
    metadata,
  } satisfies Fields<keyof Stripe.PaymentMethodCreateParams>,
  ["type"],
);

/** A method that is made by the request that uses it. */
export const methodData = hashOf(createParams);

interface Chosen {
  payment_method?: string | undefined;
  payment_method_data?: ParamsOf<typeof createParams> | undefined;
}

/** The method that a request names, or describes; undefined where it does neither. */
export function methodChosen(world: World, { payment_method: id, payment_method_data: data }: Chosen) {
  if (id !== undefined && data !== undefined)
    throw invalid("You may only specify one of these parameters: payment_method, payment_method_data.");
  if (data) return createFromParams(world, data);
  return id === undefined ? undefined : methodFromParam(world, id, "payment_method");
}

function createFromParams(world: World, params: ParamsOf<typeof createParams>): PaymentMethod {
  const { address: living, email: mail = null, name = null, phone = null } = params.billing_details ?? {};
  const payer = { email: mail, name, phone, address: addressOf(living) };
  const given = mergeMetadata({}, params.metadata);
  if (params.type === "sepa_debit") {
    const account = params.sepa_debit && findIban(params.sepa_debit.iban.replaceAll(" ", ""));
    if (!account) throw invalid("Use one of Stripe's test IBANs.", "invalid_bank_account_iban", "sepa_debit[iban]");
    return createPaymentMethod(world, account, payer, given);
  }
  if (!params.card) throw missingParameter("card");
  return createPaymentMethod(world, cardFromParam(world, params.card), payer, given);
}

function cardFromParam(world: World, given: NonNullable<ParamsOf<typeof createParams>["card"]>): Instrument {
  const { token, number, exp_month: expMonth, exp_year: expYear, cvc } = given;
  if (token !== undefined) {
    const named = namedCardNumber(token);
    if (named === undefined) throw noSuch("token", token, "card[token]");
    return namedCard(world, named);
  }
  if (number === undefined) throw missingParameter("card[number]");
  if (expMonth === undefined) throw missingParameter("card[exp_month]");
  if (expYear === undefined) throw missingParameter("card[exp_year]");
  const card = readTestCard({ number, expMonth, expYear, cvc }, new Date(world.nowMs()));
  if (!("type" in card)) throw new ApiError(402, { type: "card_error", ...card });
  return card;
}

/** A card with another expiry, or Stripe's 402 for one that no card has. */
export function renewed(world: World, card: Stored<Stripe.PaymentMethod.Card>, given: Partial<Expiry>) {
  const { exp_month, exp_year } = { ...card, ...given };
  const problem = expiryProblem(exp_month, exp_year, new Date(world.nowMs()));
  if (problem) throw new ApiError(402, { type: "card_error", ...problem });
  return { ...card, exp_month, exp_year: fullYear(exp_year) };
}

type Expiry = Pick<Stripe.PaymentMethod.Card, "exp_month" | "exp_year">;

function getPaymentMethod(world: World, id: string): PaymentMethod {
  return found(world.store.paymentMethods.find(id), "PaymentMethod", id);
}

const updateParams = schema({
  billing_details: billingDetails,
  card: hashOf(schema({ exp_month: integer, exp_year: integer })),
  metadata,
} satisfies Fields<keyof Stripe.PaymentMethodUpdateParams>);

function updatePaymentMethod(world: World, id: string, params: ParamsOf<typeof updateParams>): PaymentMethod {
  const before = getPaymentMethod(world, id);
  if (before.customer === null) {
    throw invalid("You must save this PaymentMethod to a customer before you can update it.");
  }
  const { address: living, ...details } = params.billing_details ?? {};
  return world.update(
    "paymentMethods",
    id,
    {
      billing_details: {
        ...before.billing_details,
        ...details,
        ...(living === undefined ? {} : { address: addressOf(living) }),
      },
      ...(before.card && params.card ? { card: renewed(world, before.card, params.card) } : {}),
      metadata: mergeMetadata(before.metadata, params.metadata),
    },
    "payment_method.updated",
  );
}

/**
 * A customer's method leaves it, and is its default no more; the newest other card takes the place of a default source. A subscription
 * that names it goes on naming it, and is not paid by it (https://docs.stripe.com/api/payment_methods/detach).
 */
export function detach(world: World, id: string): PaymentMethod {
  const { customer } = getPaymentMethod(world, id);
  if (customer === null) {
    const message = "The payment method you provided is not attached to a customer so detachment is impossible.";
    throw invalid(message, "resource_missing", "payment_method");
  }
  retirePaymentMethod(world, id);
  const detached = world.update("paymentMethods", id, { customer: null });
  world.emit("payment_method.detached", detached, { customer });
  const owner = world.store.customers.find(customer);
  if (!owner) return detached;
  const { default_source: source, invoice_settings: settings } = owner;
  const next = world.store.paymentMethods.where("customer", customer).findLast((row) => row.id.startsWith("card_"));
  const patch = {
    ...(settings.default_payment_method === id && { invoice_settings: { ...settings, default_payment_method: null } }),
    ...(source === id && { default_source: next?.id ?? null }),
  };
  if (Object.keys(patch).length > 0) world.update("customers", customer, patch, "customer.updated");
  return detached;
}

const listFilters = { allow_redisplay: oneOf("always", "limited", "unspecified"), type: text };

/** Without a customer: all, also those that are nobody's. */
const select = (
  { store }: World,
  { customer, type, allow_redisplay: redisplay }: Partial<Record<"customer" | "type" | "allow_redisplay", string>>,
) =>
  choose(
    store.paymentMethods,
    { customer },
    (row) =>
      (type === undefined || row.type === type) && (redisplay === undefined || row.allow_redisplay === redisplay),
  );

export const paymentMethodRoutes: Route[] = [
  route("POST", "/v1/payment_methods", createParams, createFromParams),
  listRoute("/v1/payment_methods", "payment_method", { customer: text, ...listFilters }, (world, filters) => {
    refuseUnknownCustomer(world, filters.customer);
    return select(world, filters);
  }),
  listRoute("/v1/customers/:id/payment_methods", "payment_method", listFilters, (world, filters, { id }) => {
    if (!world.store.customers.find(id)) throw noSuch("customer", id);
    return select(world, { ...filters, customer: id });
  }),
  route("GET", "/v1/payment_methods/:id", schema({}), (world, _, { id }) => getPaymentMethod(world, id)),
  route("POST", "/v1/payment_methods/:id/attach", schema({ customer: text }, ["customer"]), (world, params, { id }) => {
    if (!world.store.customers.find(params.customer)) throw noSuch("customer", params.customer, "customer");
    return attachFromParam(world, id, params.customer);
  }),
  route("POST", "/v1/payment_methods/:id", updateParams, (world, params, { id }) =>
    updatePaymentMethod(world, id, params),
  ),
  route("POST", "/v1/payment_methods/:id/detach", schema({}), (world, _, { id }) => detach(world, id)),
];
