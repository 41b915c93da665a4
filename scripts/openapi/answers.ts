import { refusal } from "./contract.ts";
import { answer } from "./schemas.ts";

export interface Described {
  summary: string;
  /** What it takes; for customers' routes their handlers say so. */
  request?: object;
  responses: Record<number, object>;
}

const BEING_READ =
  "`account_being_read`: the account has a past that is not mirrored yet, and Stripe does not search it; `Retry-After` says when to try again.";

const AWAY =
  "`stripe_unavailable`: Stripe cannot be reached, or is asked too often; `Retry-After` says when to try again.";

const OTHER_ACCOUNT =
  "`other_account`: Stripe's secret key is of another account or mode than the one that is mirrored; the log says so, too.";

const PAID_BY_ANOTHER =
  "`paid_by_another`: a customer whom nobody here is known to be pays for what the user has the use of. Who has its receipt can end it, or the operator.";

const refusalsOfSales = {
  409: {
    ...refusal(
      "`sale_in_progress`: another purchase of the same payer is in progress; `Retry-After` says when to try again. " +
        `${PAID_BY_ANOTHER} ` +
        "`subscription_scheduled`: a subscription of the payer's is agreed already, and begins later. " +
        "`currency_mismatch`: the payer pays in another currency already, or a price is not sold in the one that was asked for.",
    ),
    headers: { "retry-after": { schema: { type: "integer" } } },
  },
  503: refusal(
    `\`tax_not_set_up\`, \`terms_not_set_up\`, \`coupon_not_usable\`, \`portal_not_set_up\`: something is not set up at Stripe; the log says so, too. ${BEING_READ} ${OTHER_ACCOUNT} ${AWAY}`,
  ),
};

const NONE_SUCH = refusal("The user has no such subscription, or none that could change to this plan.");
const SOLD_AT_THE_SAME_TIME =
  "`sale_in_progress`: another request of the same payer is in progress; `Retry-After` says when to try again.";
const NOT_CHANGEABLE =
  `${PAID_BY_ANOTHER} ` +
  "Of the subscription: `subscription_over`, `subscription_ending` (resume it first), `subscription_scheduled` (another change is " +
  "scheduled: take that back first), `subscription_not_changeable` (by use, by sent invoices, not paid yet, in tiers). Of the plan: " +
  "`plan_unchanged`, `plan_not_offered` (of another group), `currency_mismatch`.";
const RETRY_AFTER = { "retry-after": { schema: { type: "integer" } } };
const NOT_READ = { 503: { ...refusal(`${BEING_READ} ${AWAY}`), headers: RETRY_AFTER } };

/** Of the routes that take back what is to come of a subscription, or end it. */
const refusalsOfKeeping = {
  404: NONE_SUCH,
  409: {
    ...refusal(
      `${SOLD_AT_THE_SAME_TIME} ${PAID_BY_ANOTHER} \`subscription_over\`; \`subscription_scheduled\`, \`subscription_ending\`: somebody else decided that. ` +
        "`subscription_not_changeable`: Stripe refused, and its log says why. `idempotency_key_reused`. `changed_meanwhile`: what this " +
        "`Idempotency-Key` made was taken back since.",
    ),
    headers: RETRY_AFTER,
  },
  ...NOT_READ,
};

/** What each route's function is for and what it answers, beside the refusals that come from its middleware. */
export const described: Record<string, Described> = {
  "create-checkout-session": {
    summary: "Open Stripe Checkout from a plain HTML form",
    responses: {
      303: {
        description:
          "To Stripe's page; for whoever has a subscription of its group, to the portal. A browser that navigates is led to a page of the site where a program gets a refusal.",
        headers: { location: { schema: { type: "string", format: "uri" } } },
      },
      ...refusalsOfSales,
    },
  },
  "get-checkout-session": {
    summary: "Where a purchase stands: of the signed-in user, or a fresh one of a guest's",
    responses: {
      200: answer("Its state and what was bought.", "CheckoutSummary"),
      404: refusal("There is no such session, or it is somebody else's."),
      503: refusal(AWAY),
    },
  },
  "create-checkout": {
    summary: "Open Stripe Checkout; guests may buy",
    responses: {
      200: answer(
        "Where to send the browser; or, of a page that is embedded, what to mount it with.",
        "CheckoutAnswer",
      ),
      ...refusalsOfSales,
    },
  },
  "create-portal": {
    summary: "Open Stripe's customer portal, at its front page or at one task",
    responses: {
      200: answer("Where to send the browser.", "RedirectAnswer"),
      404: refusal("The user has no such subscription, or none that the flow could be about."),
      409: refusal(
        `${PAID_BY_ANOTHER} ` +
          "Only with a flow. Of the subscription: `subscription_over`, `subscription_ending` (it is canceled, and ends by itself), " +
          "`subscription_scheduled` (a change waits in a schedule), `subscription_not_changeable` (of several things, by use, by sent " +
          "invoices, not paid yet). Of the plan: `plan_unchanged`, `plan_not_offered`, `currency_mismatch`. Of the portal: " +
          "`portal_feature_off`, which the log says how to switch on, also of a quantity that `POST /api/subscriptions/change` changes; `portal_refused`, for a reason that is Stripe's.",
      ),
      503: refusal(
        `\`portal_not_set_up\`: the portal's settings were not saved at Stripe. ${BEING_READ} ${OTHER_ACCOUNT} ${AWAY}`,
      ),
    },
  },
  "preview-change": {
    summary: "What another plan, or another quantity, would cost: to the cent what Stripe then charges",
    responses: {
      200: answer("What is charged now, and with the next period.", "ChangePreview"),
      404: NONE_SUCH,
      409: refusal(NOT_CHANGEABLE),
      ...NOT_READ,
    },
  },
  "next-payment": {
    summary: "What a subscription is paid next, when, and by what",
    responses: {
      200: answer(
        "Of Stripe's preview of the next invoice. `next` is nothing where no invoice is to come.",
        "NextPayment",
      ),
      404: NONE_SUCH,
      409: refusal(`\`subscription_over\`: it has ended. ${PAID_BY_ANOTHER}`),
      ...NOT_READ,
    },
  },
  "change-plan": {
    summary: "Change to another plan, or quantity, as it was previewed",
    responses: {
      200: answer("How the subscription stands now, and what it changes to with the next period.", "SubscriptionState"),
      402: refusal(
        "Nothing was changed. `card_declined`; `payment_method_required`: there is no card; `payment_confirmation_required`: the " +
          "customer's bank asks, at `confirmUrl`, and the change is made when they have answered.",
        "PaymentRefusal",
      ),
      404: NONE_SUCH,
      409: {
        ...refusal(
          `\`changed_meanwhile\`: it would be another change than the one previewed; \`preview\` is what it would be now. ${SOLD_AT_THE_SAME_TIME} ` +
            `\`idempotency_key_reused\`. ${NOT_CHANGEABLE}`,
          "ChangedMeanwhile",
        ),
        headers: RETRY_AFTER,
      },
      ...NOT_READ,
    },
  },
  "cancel-subscription": {
    summary: "End a subscription with what is paid for",
    responses: {
      200: answer("When it ends.", "SubscriptionState"),
      402: refusal("A payment is under way, and can't be taken back at this moment.", "PaymentRefusal"),
      ...refusalsOfKeeping,
    },
  },
  "resume-subscription": {
    summary: "Take back the end of a subscription, or a change of it that is to come",
    responses: {
      200: answer("It goes on as it is.", "SubscriptionState"),
      402: refusal("A payment is under way, and can't be taken back at this moment.", "PaymentRefusal"),
      ...refusalsOfKeeping,
    },
  },
  "receive-stripe-event": {
    summary: "Stripe's webhook endpoint",
    request: {
      parameters: [{ name: "Stripe-Signature", in: "header", required: true, schema: { type: "string" } }],
      requestBody: { required: true, content: { "application/json": { schema: { type: "object" } } } },
    },
    responses: {
      200: answer("The queue has the event.", "ReceivedAnswer"),
      400: refusal("The signature does not fit the body."),
      500: refusal("The queue did not take the event; Stripe sends it again."),
    },
  },
  health: {
    summary: "Which build runs where, and whether what it depends on answers",
    responses: {
      200: answer("All is well.", "HealthAnswer"),
      503: answer("A dependency does not answer.", "HealthAnswer"),
    },
  },
};
