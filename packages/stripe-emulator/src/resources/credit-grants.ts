import type Stripe from "stripe";
import { found, invalid, missingParameter } from "../api/errors.ts";
import { choose, listRoute } from "../api/list.ts";
import {
  arrayOf,
  atMost,
  clearable,
  type Fields,
  hashOf,
  integer,
  integerIn,
  mergeMetadata,
  metadata,
  oneOf,
  type ParamsOf,
  schema,
  text,
} from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { beginGrant, type CreditGrant, endGrant, isUsed, leftOf } from "../billing/credit-grants.ts";
import { isMetered } from "../billing/subscription.ts";
import { newId } from "../state/ids.ts";
import type { World } from "../world.ts";
import { customerFromParam } from "./customers.ts";
import { refuseUnknownCustomer } from "./listed-customer.ts";
import { count, currency } from "./price-params.ts";

const scope = hashOf(
  schema({ price_type: oneOf("metered"), prices: arrayOf(hashOf(schema({ id: text }, ["id"]))) } satisfies Fields<
    keyof Stripe.Billing.CreditGrantCreateParams.ApplicabilityConfig.Scope
  >),
);
type Scope = NonNullable<ParamsOf<typeof createParams>["applicability_config"]>["scope"];

const createParams = schema(
  {
    amount: hashOf(
      schema({ monetary: hashOf(schema({ currency, value: count }, ["currency", "value"])), type: oneOf("monetary") }, [
        "monetary",
        "type",
      ]),
    ),
    applicability_config: hashOf(schema({ scope }, ["scope"])),
    category: oneOf("paid", "promotional"),
    customer: text,
    effective_at: integer,
    expires_at: integer,
    metadata,
    name: atMost(100),
    priority: integerIn(0, 100),
  } satisfies Fields<keyof Stripe.Billing.CreditGrantCreateParams>,
  ["amount", "applicability_config", "customer"],
);

/** What it can pay for: whatever a meter counts, or the prices that are named. */
function scopeOf(
  world: World,
  { price_type: type, prices }: Scope,
  param: string,
): CreditGrant["applicability_config"]["scope"] {
  if ((type === undefined) === (prices === undefined))
    throw invalid(
      `You must specify exactly one of these parameters: ${param}[price_type], ${param}[prices].`,
      undefined,
      param,
    );
  for (const [index, { id }] of (prices ?? []).entries()) {
    const price = found(world.store.prices.find(id), "price", id, `${param}[prices][${index}][id]`);
    if (!isMetered(price))
      throw invalid(
        "Credit grants can only apply to prices with a meter.",
        undefined,
        `${param}[prices][${index}][id]`,
      );
  }
  return prices ? { prices } : { price_type: "metered" };
}

function refusePastExpiry(world: World, at: number | null | undefined): void {
  if (at != null && at <= world.now()) throw invalid("`expires_at` must be in the future.", undefined, "expires_at");
}

function createGrant(world: World, params: ParamsOf<typeof createParams>): CreditGrant {
  const { id: customer, test_clock = null } = customerFromParam(world, params.customer);
  const { effective_at: from = world.now(), expires_at: until = null } = params;
  refusePastExpiry(world, until);
  if (until !== null && until <= from)
    throw invalid("`expires_at` must be after `effective_at`.", undefined, "expires_at");
  const grant = world.store.creditGrants.put({
    id: newId("credgr_test"),
    object: "billing.credit_grant",
    amount: params.amount,
    applicability_config: { scope: scopeOf(world, params.applicability_config.scope, "applicability_config[scope]") },
    category: params.category ?? "paid",
    created: world.now(),
    customer,
    customer_account: null,
    effective_at: from,
    expires_at: until,
    livemode: false,
    metadata: mergeMetadata({}, params.metadata),
    name: params.name ?? null,
    priority: params.priority ?? 50,
    test_clock,
    updated: world.now(),
    voided_at: null,
  });
  world.emit("billing.credit_grant.created", grant);
  if (from <= world.now()) beginGrant(world, grant.id);
  else world.schedule("begin_grant", grant.id, from * 1000);
  if (until !== null) world.schedule("expire_grant", grant.id, until * 1000);
  return grant;
}

const getGrant = (world: World, id: string) => found(world.store.creditGrants.find(id), "credit grant", id);

/** One that still counts. */
function living(world: World, id: string): CreditGrant {
  const grant = getGrant(world, id);
  if (grant.voided_at !== null) throw invalid(`The credit grant ${id} is voided.`);
  if (grant.expires_at !== null && grant.expires_at <= world.now())
    throw invalid(`The credit grant ${id} has expired.`);
  return grant;
}

const updateParams = schema({ expires_at: clearable(integer), metadata } satisfies Fields<
  keyof Stripe.Billing.CreditGrantUpdateParams
>);

function updateGrant(world: World, id: string, { expires_at: until, metadata: change }: ParamsOf<typeof updateParams>) {
  const before = living(world, id);
  refusePastExpiry(world, until);
  if (until === null) world.unschedule("expire_grant", id);
  else if (until !== undefined) world.schedule("expire_grant", id, until * 1000);
  const expires_at = until === undefined ? before.expires_at : until;
  const patch = { expires_at, metadata: mergeMetadata(before.metadata, change), updated: world.now() };
  return world.update("creditGrants", id, patch, "billing.credit_grant.updated");
}

const summaryParams = schema(
  {
    customer: text,
    filter: hashOf(
      schema({ applicability_scope: scope, credit_grant: text, type: oneOf("applicability_scope", "credit_grant") }, [
        "type",
      ]),
    ),
  } satisfies Fields<keyof Stripe.Billing.CreditBalanceSummaryRetrieveParams>,
  ["customer", "filter"],
);

/** What a customer has left, of one grant or of all that pay for the same. */
function summarise(
  world: World,
  { customer: asked, filter }: ParamsOf<typeof summaryParams>,
): Stripe.Billing.CreditBalanceSummary {
  const { id: customer } = customerFromParam(world, asked);
  const grants = world.store.creditGrants.where("customer", customer).filter(matching(world, filter));
  const sums = new Map<string, number>();
  for (const { id, amount } of grants) {
    const of = amount.monetary?.currency ?? "usd";
    sums.set(of, (sums.get(of) ?? 0) + leftOf(world, id));
  }
  const balances = [...sums].map(([of, value]) => {
    const balance = { monetary: { currency: of, value }, type: "monetary" as const };
    return { available_balance: balance, ledger_balance: balance };
  });
  return { object: "billing.credit_balance_summary", balances, customer, customer_account: null, livemode: false };
}

type Filter = ParamsOf<typeof summaryParams>["filter"];

function matching(world: World, { type, credit_grant: id, applicability_scope: asked }: Filter) {
  if (type === "credit_grant") {
    if (id === undefined) throw missingParameter("filter[credit_grant]");
    const { id: only } = found(world.store.creditGrants.find(id), "credit grant", id, "filter[credit_grant]");
    return (grant: CreditGrant) => grant.id === only;
  }
  if (asked === undefined) throw missingParameter("filter[applicability_scope]");
  const wanted = scopeOf(world, asked, "filter[applicability_scope]");
  return ({ applicability_config: { scope: has } }: CreditGrant) =>
    wanted.prices
      ? wanted.prices.every(({ id: price }) => !has.prices || has.prices.some((row) => row.id === price))
      : !has.prices;
}

export const creditGrantRoutes: Route[] = [
  route("POST", "/v1/billing/credit_grants", createParams, createGrant),
  listRoute("/v1/billing/credit_grants", "credit grant", { customer: text }, (world, { customer }) => {
    refuseUnknownCustomer(world, customer);
    return choose(world.store.creditGrants, { customer });
  }),
  route("GET", "/v1/billing/credit_grants/:id", schema({}), (world, _, { id }) => getGrant(world, id)),
  route("POST", "/v1/billing/credit_grants/:id", updateParams, (world, params, { id }) =>
    updateGrant(world, id, params),
  ),
  route("POST", "/v1/billing/credit_grants/:id/expire", schema({}), (world, _, { id }) =>
    endGrant(world, living(world, id).id, { expires_at: world.now() }),
  ),
  route("POST", "/v1/billing/credit_grants/:id/void", schema({}), (world, _, { id }) => {
    if (isUsed(world, living(world, id).id))
      throw invalid("You cannot void a credit grant that has been applied to an invoice. Expire it instead.");
    return endGrant(world, id, { voided_at: world.now() });
  }),
  route("GET", "/v1/billing/credit_balance_summary", summaryParams, summarise),
  listRoute(
    "/v1/billing/credit_balance_transactions",
    "credit balance transaction",
    { credit_grant: text, customer: text },
    (world, { credit_grant: grant, customer }) => {
      if (customer === undefined) throw missingParameter("customer");
      refuseUnknownCustomer(world, customer);
      const theirs = ({ credit_grant: id }: { credit_grant: string }) =>
        world.store.creditGrants.get(id).customer === customer;
      return choose(world.store.creditEntries, { credit_grant: grant }, theirs);
    },
  ),
  route("GET", "/v1/billing/credit_balance_transactions/:id", schema({}), (world, _, { id }) =>
    found(world.store.creditEntries.find(id), "credit balance transaction", id),
  ),
];
