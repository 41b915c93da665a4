import type Stripe from "stripe";
import { found, invalid, missingParameter, noSuch } from "../api/errors.ts";
import { arrayOf, type Fields, hashOf, integer, oneOf, type ParamsOf, schema, text } from "../api/params.ts";
import { isOver } from "../billing/end-subscription.ts";
import type { Subscription } from "../billing/subscription.ts";
import type { World } from "../world.ts";
import type { PortalConfiguration } from "./portal-configurations.ts";
import { hindrance, isScheduled, offeredPlans, offeredQuantity } from "./portal-offer.ts";
import type { PortalSession } from "./portal-sessions.ts";
import { activePriceFromParam } from "./prices.ts";

type FlowParams = Stripe.BillingPortal.SessionCreateParams.FlowData;
type ConfirmParams = NonNullable<FlowParams["subscription_update_confirm"]>;

const ofSubscription = hashOf(schema({ subscription: text }, ["subscription"]));

const confirm = hashOf(
  schema(
    {
      items: arrayOf(
        hashOf(
          schema({ id: text, price: text, quantity: integer } satisfies Fields<keyof ConfirmParams["items"][number]>, [
            "id",
          ]),
        ),
      ),
      subscription: text,
    } satisfies Fields<keyof ConfirmParams>,
    ["items", "subscription"],
  ),
);

const flowFields = schema(
  {
    after_completion: hashOf(
      schema(
        {
          hosted_confirmation: hashOf(schema({ custom_message: text })),
          redirect: hashOf(schema({ return_url: text }, ["return_url"])),
          type: oneOf("hosted_confirmation", "portal_homepage", "redirect"),
        } satisfies Fields<keyof NonNullable<FlowParams["after_completion"]>>,
        ["type"],
      ),
    ),
    subscription_cancel: ofSubscription,
    subscription_update: ofSubscription,
    subscription_update_confirm: confirm,
    type: oneOf("payment_method_update", "subscription_cancel", "subscription_update", "subscription_update_confirm"),
  } satisfies Fields<keyof FlowParams>,
  ["type"],
);

export const flowData = hashOf(flowFields);
type Asked = ParamsOf<typeof flowFields>;
type Confirmed = NonNullable<Asked["subscription_update_confirm"]>;

/**
 * The flow that a session opens with: one task, and where it leads (https://docs.stripe.com/customer-management/portal-deep-links).
 * 400 for a task that the configuration does not offer, or that the subscription does not allow.
 */
export function flowOf(
  world: World,
  customer: string,
  configuration: PortalConfiguration,
  asked: Asked,
): PortalSession["flow"] {
  const { type, after_completion: after } = asked;
  for (const other of ["subscription_cancel", "subscription_update", "subscription_update_confirm"] as const)
    if (other !== type && asked[other])
      throw invalid(`\`${other}\` can only be passed where \`type\` is it.`, undefined, `flow_data[${other}]`);
  expectOffered(configuration, type);
  const subscription = type === "payment_method_update" ? undefined : subscriptionFrom(world, customer, asked, type);
  if (subscription && type === "subscription_cancel") refuseCancel(world, subscription);
  if (subscription && type === "subscription_update") refuseUpdate(world, configuration, subscription);
  const { subscription_update_confirm: change } = asked;
  if (subscription && type === "subscription_update_confirm" && change)
    refuseChange(world, configuration, subscription, change);
  const named = subscription && { subscription: subscription.id };
  return {
    after_completion: {
      hosted_confirmation: after?.hosted_confirmation
        ? { custom_message: after.hosted_confirmation.custom_message ?? null }
        : null,
      redirect: after?.redirect ?? null,
      type: after?.type ?? "portal_homepage",
    },
    customer_update: null,
    subscription_cancel: named && type === "subscription_cancel" ? { retention: null, ...named } : null,
    subscription_pause: null,
    subscription_update: named && type === "subscription_update" ? named : null,
    subscription_update_confirm:
      named && type === "subscription_update_confirm" && change
        ? {
            discounts: null,
            items: change.items.map(({ id, price = null, quantity }) => ({
              id,
              price,
              ...(quantity === undefined ? {} : { quantity }),
            })),
            ...named,
          }
        : null,
    type,
  };
}

function subscriptionFrom(
  world: World,
  customer: string,
  asked: Asked,
  type: "subscription_cancel" | "subscription_update" | "subscription_update_confirm",
): Subscription {
  const named = asked[type];
  if (!named) throw missingParameter(`flow_data[${type}]`);
  const found = world.store.subscriptions.find(named.subscription);
  if (found?.customer === customer) return found;
  throw noSuch("subscription", named.subscription, `flow_data[${type}][subscription]`);
}

/** The feature that a task is of, by its name in the configuration and in Stripe's words. */
const FEATURES = {
  payment_method_update: ["payment_method_update", "This payment method cannot be updated", "payment method update"],
  subscription_cancel: ["subscription_cancel", "This subscription cannot be canceled", "subscription cancel"],
  subscription_update: ["subscription_update", "This subscription cannot be updated", "subscription update"],
  subscription_update_confirm: ["subscription_update", "This subscription cannot be updated", "subscription update"],
} as const;

function expectOffered({ features }: PortalConfiguration, type: Asked["type"]): void {
  const [feature, refused, words] = FEATURES[type];
  if (features[feature].enabled) return;
  throw invalid(`${refused} because the ${words} feature in the portal configuration is disabled.`);
}

function refuseCancel(world: World, subscription: Subscription): void {
  const { id, cancel_at: ends } = subscription;
  if (isOver(subscription)) throw invalid(`The subscription \`${id}\` is already canceled.`);
  if (ends !== null) throw invalid(`The subscription \`${id}\` is already set to be canceled at period end.`);
  if (isScheduled(world, subscription)) {
    throw invalid(
      `This PortalSession cannot cancel subscription \`${id}\` because it has an update scheduled with a subscription schedule.`,
    );
  }
}

function refuseHindered(world: World, subscription: Subscription): void {
  const reason = hindrance(world, subscription);
  if (reason === undefined) return;
  throw invalid(`This PortalSession cannot update subscription \`${subscription.id}\` because ${reason}.`);
}

function refuseUpdate(world: World, { features }: PortalConfiguration, subscription: Subscription): void {
  refuseHindered(world, subscription);
  if (offeredPlans(world, subscription, features).length > 0) return;
  if (offeredQuantity(world, subscription, features)) return;
  throw invalid(
    "The subscription cannot be updated because there is no price in the portal configuration available to change to and the quantity cannot be changed.",
  );
}

const ITEMS = "flow_data[subscription_update_confirm][items]";

/** What the customer would be asked to confirm must be a change, and one that they could make in the portal themselves. */
function refuseChange(
  world: World,
  { id: configuration, features }: PortalConfiguration,
  subscription: Subscription,
  { items }: Confirmed,
): void {
  refuseHindered(world, subscription);
  const [asked, ...others] = items;
  if (!asked) throw missingParameter(ITEMS);
  if (others.length > 0) throw invalid("Array items exceeded maximum 1 allowed elements.", undefined, ITEMS);
  const item = found(
    subscription.items.data.find(({ id }) => id === asked.id),
    "subscription_item",
    asked.id,
    `${ITEMS}[0][id]`,
  );
  const { price = item.price.id, quantity = item.quantity } = asked;
  if (price === item.price.id && quantity === item.quantity) {
    throw invalid("Cannot update the subscription because there are no changes to confirm.");
  }
  if (price !== item.price.id) {
    activePriceFromParam(world, price, `${ITEMS}[0][price]`);
    if (!offeredPlans(world, subscription, features).some(({ id }) => id === price)) {
      throw invalid(
        `The item \`${item.id}\` cannot be updated to price \`${price}\` because the configuration \`${configuration}\` does not include the price in its \`features[subscription_update][products]\`.`,
      );
    }
  }
  const bounds = offeredQuantity(world, subscription, features, world.store.prices.find(price));
  const fits = bounds && quantity !== undefined && quantity >= bounds.least && quantity <= bounds.most;
  if (quantity !== item.quantity && !fits) {
    throw invalid(
      `The item \`${item.id}\` cannot be updated to quantity \`${quantity}\` because the configuration \`${configuration}\` does not include \`quantity\` in its \`features[subscription_update][default_allowed_updates]\`.`,
    );
  }
}
