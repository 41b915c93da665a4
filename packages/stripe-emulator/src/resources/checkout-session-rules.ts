import type Stripe from "stripe";
import { type ApiError, invalid, missingParameter, notModelled } from "../api/errors.ts";
import { isWebAddress } from "../api/params.ts";
import { formatMoney, largestCharge, refusedFraction, smallestCharge } from "../billing/money.ts";
import { dueOn } from "../billing/session-pricing.ts";
import { dashboardOf } from "../state/dashboard.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { refuseWithoutHeadOffice } from "./automatic-tax.ts";
import type { CreateSessionParams } from "./checkout-session-params.ts";
import { refuseOtherCurrency } from "./customer-currency.ts";
import { customerFromParam } from "./customers.ts";
import { refuseTwice } from "./item-changes.ts";
import { refuseLongTrial } from "./moments.ts";

type LineItem = Stored<Stripe.LineItem>;

const MINUTE = 60;
/** How long a session stays open at most, and by default; in seconds. */
export const DAY = 24 * 60 * MINUTE;

/** 400 for parameters that Stripe does not take together, or not with these values. */
export function refuseContradictions(world: World, params: CreateSessionParams): void {
  refuseForUi(params);
  for (const param of ["success_url", "cancel_url", "return_url"] as const) {
    const url = params[param];
    if (url !== undefined && !isWebAddress(url)) throw invalid("Not a valid URL", "url_invalid", param);
  }
  if (params.mode !== "setup" && !params.line_items?.length) throw missingParameter("line_items");
  if (params.mode === "setup" && !params.allowed_payment_method_types && params.currency === undefined)
    throw missingParameter("currency");
  if (params.customer !== undefined) {
    customerFromParam(world, params.customer);
    if (params.customer_email !== undefined) {
      throw invalid("You may only specify one of these parameters: customer, customer_email.");
    }
    if (params.automatic_tax?.enabled && params.customer_update?.address !== "auto") {
      const message =
        "Automatic tax calculation in Checkout requires a valid address on the Customer. Add a valid address to the Customer or set either `customer_update[address]` to 'auto' or `customer_update[shipping]` to 'auto' to save the address entered in Checkout to the Customer.";
      if (!world.store.customers.get(params.customer).address?.country)
        throw invalid(message, "customer_tax_location_invalid");
    }
    if (params.tax_id_collection?.enabled && params.customer_update?.name !== "auto") {
      throw invalid(
        "Tax ID collection requires updating business name on the customer. To enable tax ID collection for an existing customer, please set `customer_update[name]` to `auto`.",
      );
    }
  } else if (params.customer_update) {
    throw invalid("`customer_update` can only be used with `customer`.", undefined, "customer_update");
  }
  if (params.automatic_tax?.enabled) refuseWithoutHeadOffice(world);
  if (params.consent_collection?.terms_of_service === "required" && !dashboardOf(world.store).terms) {
    throw invalid(
      "You cannot collect consent to your terms of service unless a URL is set in the Stripe Dashboard. Update your public business information in the Stripe Dashboard https://dashboard.stripe.com/settings/public with a Terms of service URL to collect terms of service consent.",
    );
  }
  if (params.discounts?.length && params.allow_promotion_codes !== undefined) {
    throw invalid("You may only specify one of these parameters: allow_promotion_codes, discounts.");
  }
  if (params.discounts && params.discounts.length > 1) {
    throw invalid("A Checkout Session takes one discount only.", undefined, "discounts");
  }
  refuseForMode(params.mode, params);
  refuseTrial(world, params.subscription_data);
  const [soonest, latest] = [world.now() + 30 * MINUTE, world.now() + DAY];
  if (params.expires_at !== undefined && (params.expires_at < soonest - 5 || params.expires_at > latest + 5)) {
    const when = params.expires_at < soonest - 5 ? "at least 30 minutes" : "less than 24 hours";
    throw invalid(
      `The \`expires_at\` timestamp must be ${when} from Checkout Session creation.`,
      undefined,
      "expires_at",
    );
  }
}

/** What goes with which page: the SDK's comments on them. */
const BY_UI = {
  hosted_page: { needed: "success_url", foreign: ["return_url", "redirect_on_completion"] },
  embedded_page: { needed: "return_url", foreign: ["success_url", "cancel_url"] },
  elements: {
    needed: "return_url",
    foreign: ["success_url", "cancel_url", "custom_fields", "redirect_on_completion", "submit_type"],
  },
} as const;

function refuseForUi(params: CreateSessionParams): void {
  const ui = params.ui_mode ?? "hosted_page";
  const { needed, foreign } = BY_UI[ui];
  for (const param of foreign) {
    if (params[param] === undefined) continue;
    throw invalid(`\`${param}\` can not be used with \`ui_mode: ${ui}\`.`, undefined, param);
  }
  if (params[needed] === undefined) throw missingParameter(needed);
}

const FOREIGN: Record<CreateSessionParams["mode"], readonly (keyof CreateSessionParams)[]> = {
  payment: ["subscription_data", "setup_intent_data", "payment_method_collection"],
  setup: [
    "automatic_tax",
    "invoice_creation",
    "line_items",
    "payment_intent_data",
    "payment_method_collection",
    "subscription_data",
  ],
  subscription: ["customer_creation", "invoice_creation", "payment_intent_data", "setup_intent_data"],
};

/** 400 for parameters that belong to another mode. */
export function refuseForMode(mode: CreateSessionParams["mode"], params: object): void {
  for (const param of FOREIGN[mode]) {
    if (Reflect.get(params, param) !== undefined) {
      throw invalid(`You can not pass \`${param}\` in \`${mode}\` mode.`, undefined, param);
    }
  }
}

/** How far ahead a trial's end has to be. */
const SHORTEST_TRIAL_S = 2 * DAY;

/** 400 for a trial that ends too soon, or too late, or at two moments. */
function refuseTrial(world: World, asked: CreateSessionParams["subscription_data"]): void {
  const { trial_end: end, trial_period_days: days, billing_cycle_anchor: anchor } = asked ?? {};
  const tried = end ?? days;
  if (tried !== undefined && asked?.billing_cycle_anchor_config) {
    const message = "`billing_cycle_anchor_config` cannot be used with a trial.";
    throw invalid(message, undefined, "subscription_data[billing_cycle_anchor_config]");
  }
  if (tried !== undefined && anchor !== undefined)
    throw notModelled("a trial before a billing_cycle_anchor at checkout", "subscription_data[billing_cycle_anchor]");
  if (end !== undefined && days !== undefined) {
    throw invalid(
      "You may only specify one of these parameters: subscription_data[trial_end], subscription_data[trial_period_days].",
    );
  }
  if (end !== undefined && end < world.now() + SHORTEST_TRIAL_S) {
    const message = "The `trial_end` date has to be at least 2 days in the future.";
    throw invalid(message, undefined, "subscription_data[trial_end]");
  }
  refuseLongTrial(end, world.now(), "subscription_data[trial_end]");
}

/** Stripe's 400 for a total that cannot be charged: too small, too large, or with a fraction; undefined for others. */
export function totalRefusal({
  amount_total: total,
  currency,
}: Pick<Stored<Stripe.Checkout.Session>, "amount_total" | "currency">): ApiError | undefined {
  if (currency !== null && (total ?? 0) > largestCharge(currency)) {
    const most = `${formatMoney(largestCharge(currency), currency)} ${currency}`;
    return invalid(`The Checkout Session's total amount due must be no more than ${most}`, "amount_too_large");
  }
  const fraction = total && currency !== null ? refusedFraction(total, currency) : undefined;
  if (fraction) return invalid(fraction.message, fraction.code);
  if (!total || currency === null || total >= smallestCharge(currency)) return undefined;
  const least = `${formatMoney(smallestCharge(currency), currency)} ${currency}`;
  return invalid(`The Checkout Session's total amount due must add up to at least ${least}`, "amount_too_small");
}

/** The same for a session, and for what is due of it by its customer's balance. */
export const sessionRefusal = (world: World, session: Stored<Stripe.Checkout.Session>): ApiError | undefined =>
  totalRefusal(session) ?? dueRefusal(world, session);

export const dueRefusal = (world: World, session: Stored<Stripe.Checkout.Session>): ApiError | undefined =>
  totalRefusal({ ...session, amount_total: dueOn(world, session) });

const everyOf = (price: LineItem["price"]) => [price?.recurring?.interval, price?.recurring?.interval_count];

/** How many prices of a kind a session can sell, by its mode: the SDK's comment on `line_items`. */
const MOST_PRICES = { payment: 100, setup: 0, subscription: 20 };

/** 400 for prices that are too many, or do not fit the mode or one another. */
export function refuseMixedPrices(
  world: World,
  params: Pick<CreateSessionParams, "currency" | "customer" | "invoice_creation" | "mode">,
  items: LineItem[],
): void {
  const { mode } = params;
  const recurring = items.filter((item) => item.price?.recurring);
  const most = MOST_PRICES[mode];
  if (Math.max(recurring.length, items.length - recurring.length) > most)
    throw invalid(`Array line_items exceeded maximum ${most} allowed elements.`, undefined, "line_items");
  if (mode === "payment" && recurring.length > 0) {
    throw invalid(
      "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only one-time prices.",
    );
  }
  if (mode === "subscription" && recurring.length === 0) {
    throw invalid("You must provide at least one recurring price in `subscription` mode when using prices.");
  }
  refuseTwice(
    recurring.flatMap(({ price }) => price ?? []),
    "line_items",
  );
  if (new Set(items.map((item) => item.currency)).size > 1) {
    throw invalid("All prices on a Checkout session must have the same currency.", undefined, "line_items");
  }
  const intervals = new Set(recurring.map(({ price }) => JSON.stringify(everyOf(price))));
  if (intervals.size > 1) {
    throw invalid(
      "Checkout does not support multiple prices with different billing intervals.",
      undefined,
      "line_items",
    );
  }
  const [first] = items;
  if (params.currency !== undefined && first?.currency && first.currency !== params.currency) {
    throw invalid(
      `The price specified only supports \`${first.currency}\`. This doesn't match the expected currency: \`${params.currency}\`.`,
      undefined,
      "line_items",
    );
  }
  const billed = mode === "subscription" || params.invoice_creation?.enabled;
  if (first?.currency && params.customer !== undefined && billed)
    refuseOtherCurrency(world, params.customer, first.currency);
}
