import type Stripe from "stripe";
import { found, invalid, missingParameter } from "../api/errors.ts";
import { listRoute } from "../api/list.ts";
import { boolean, isWebAddress, mergeMetadata, schema } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { methodTypesFor } from "../billing/payment.ts";
import { newId } from "../state/ids.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { refuseWithoutHeadOffice } from "./automatic-tax.ts";
import { newLineItems } from "./checkout-line-items.ts";
import { refuseForMode, refuseMixedPrices, totalRefusal } from "./checkout-session-rules.ts";
import { type CreateParams, createParams, type LinkParams, updateParams } from "./payment-link-params.ts";

export type PaymentLink = Stored<Stripe.PaymentLink>;
type LineItem = Stored<Stripe.LineItem>;

/** What a link's sessions sell by: something recurring is a subscription. */
export const modeOf = (items: readonly LineItem[]): "payment" | "subscription" =>
  items.some(({ price }) => price?.recurring) ? "subscription" : "payment";

function createLink(world: World, { line_items: sold, currency: asked, ...params }: CreateParams): PaymentLink {
  if (sold.length === 0) throw missingParameter("line_items");
  const items = newLineItems(world, sold, asked);
  const mode = modeOf(items);
  refuseForMode(mode, params);
  refuseMixedPrices(world, { mode, ...(asked === undefined ? {} : { currency: asked }) }, items);
  refuseUnfit(world, params);
  const currency = items[0]?.currency ?? "usd";
  const trial = params.subscription_data?.trial_period_days ?? null;
  const due = items.filter(({ price }) => trial === null || !price?.recurring);
  const refusal = totalRefusal({ amount_total: due.reduce((sum, item) => sum + item.amount_total, 0), currency });
  if (refusal) throw refusal;
  const id = newId("plink");
  const link = world.store.paymentLinks.put({ ...newLink(world, id, currency, mode), ...changed(undefined, params) });
  world.store.linkItems.put({ id, items });
  world.emit("payment_link.created", link);
  return link;
}

function refuseUnfit(world: World, { after_completion: after, automatic_tax: tax }: LinkParams): void {
  if (tax?.enabled) refuseWithoutHeadOffice(world);
  if (after?.type !== "redirect") return;
  const url = after.redirect?.url;
  if (url === undefined) throw missingParameter("after_completion[redirect][url]");
  if (!isWebAddress(url)) throw invalid("Not a valid URL", "url_invalid", "after_completion[redirect][url]");
}

/** A link as it is when nothing is asked for but what it sells. */
const newLink = (world: World, id: string, currency: string, mode: "payment" | "subscription"): PaymentLink => ({
  id,
  object: "payment_link",
  active: true,
  after_completion: { hosted_confirmation: { custom_message: null }, type: "hosted_confirmation" },
  allow_promotion_codes: false,
  application: null,
  application_fee_amount: null,
  application_fee_percent: null,
  automatic_tax: { enabled: false, liability: null },
  billing_address_collection: "auto",
  consent_collection: null,
  currency,
  custom_fields: [],
  custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
  customer_creation: mode === "subscription" ? "always" : "if_required",
  inactive_message: null,
  invoice_creation: mode === "subscription" ? null : { enabled: false, invoice_data: null },
  livemode: false,
  managed_payments: null,
  metadata: {},
  on_behalf_of: null,
  payment_intent_data: null,
  payment_method_collection: mode === "subscription" ? "always" : "if_required",
  payment_method_options: null,
  payment_method_types: methodTypesFor(currency, undefined) as PaymentLink["payment_method_types"],
  phone_number_collection: { enabled: false },
  restrictions: null,
  shipping_address_collection: null,
  shipping_options: [],
  submit_type: "auto",
  subscription_data: mode === "subscription" ? subscriptionData(null, {}) : null,
  tax_id_collection: { enabled: false, required: "never" },
  transfer_data: null,
  url: `${world.publicUrl}/c/link/test_${newId("", 18).slice(1)}`,
});

/** What the parameters make of a link that is there, or (undefined) of a new one. */
function changed(before: PaymentLink | undefined, params: LinkParams): Partial<PaymentLink> {
  const { custom_text: _text, phone_number_collection: _phone, tax_id_collection: taxId, ...asked } = params;
  const { after_completion: after, automatic_tax: tax, invoice_creation: invoice, metadata, ...others } = asked;
  const { payment_intent_data: payment, subscription_data: subscription, ...plain } = others;
  return {
    ...plain,
    metadata: mergeMetadata(before?.metadata ?? {}, metadata),
    ...(after ? { after_completion: completion(after) } : {}),
    ...(taxId ? { tax_id_collection: { enabled: taxId.enabled, required: taxId.required ?? "never" } } : {}),
    ...(tax ? { automatic_tax: { enabled: tax.enabled, liability: tax.enabled ? { type: "self" } : null } } : {}),
    ...(invoice ? { invoice_creation: { enabled: invoice.enabled, invoice_data: invoiceData(invoice) } } : {}),
    ...(payment ? { payment_intent_data: paymentData(payment) } : {}),
    ...(subscription ? { subscription_data: subscriptionData(before?.subscription_data ?? null, subscription) } : {}),
  };
}

const completion = ({
  type,
  ...after
}: NonNullable<LinkParams["after_completion"]>): PaymentLink["after_completion"] =>
  type === "redirect"
    ? { redirect: { url: after.redirect?.url ?? "" }, type }
    : { hosted_confirmation: { custom_message: after.hosted_confirmation?.custom_message ?? null }, type };

const invoiceData = ({ invoice_data: data }: NonNullable<LinkParams["invoice_creation"]>) => ({
  account_tax_ids: null,
  custom_fields: null,
  description: data?.description ?? null,
  footer: data?.footer ?? null,
  issuer: null,
  metadata: mergeMetadata({}, data?.metadata),
  rendering_options: null,
});

const paymentData = (data: NonNullable<LinkParams["payment_intent_data"]>) => ({
  capture_method: data.capture_method ?? null,
  description: data.description ?? null,
  metadata: mergeMetadata({}, data.metadata),
  setup_future_usage: data.setup_future_usage ?? null,
  statement_descriptor: null,
  statement_descriptor_suffix: null,
  transfer_group: null,
});

function subscriptionData(
  before: PaymentLink["subscription_data"],
  asked: NonNullable<LinkParams["subscription_data"]>,
): NonNullable<PaymentLink["subscription_data"]> {
  const { description, trial_period_days: days, trial_settings: settings } = { ...before, ...asked };
  return {
    description: description ?? null,
    invoice_settings: {
      account_tax_ids: null,
      custom_fields: null,
      description: null,
      footer: null,
      issuer: { type: "self" },
    },
    metadata: mergeMetadata(before?.metadata ?? {}, asked.metadata),
    trial_period_days: days ?? null,
    trial_settings: settings ?? null,
  };
}

function getLink(world: World, id: string): PaymentLink {
  return found(world.store.paymentLinks.find(id), "payment_link", id);
}

function updateLink(world: World, id: string, params: LinkParams): PaymentLink {
  const before = getLink(world, id);
  refuseForMode(modeOf(world.store.linkItems.get(id).items), params);
  refuseUnfit(world, params);
  return world.update("paymentLinks", id, changed(before, params), "payment_link.updated");
}

export const paymentLinkRoutes: Route[] = [
  route("POST", "/v1/payment_links", createParams, createLink),
  listRoute("/v1/payment_links", "payment link", { active: boolean }, (world, { active }) =>
    world.store.paymentLinks.all().filter((row) => active === undefined || row.active === active),
  ),
  route("GET", "/v1/payment_links/:id", schema({}), (world, _, { id }) => getLink(world, id)),
  route("POST", "/v1/payment_links/:id", updateParams, (world, params, { id }) => updateLink(world, id, params)),
  listRoute("/v1/payment_links/:id/line_items", "line item", {}, (world, _, { id }) =>
    [...world.store.linkItems.get(getLink(world, id).id).items].reverse(),
  ),
];
