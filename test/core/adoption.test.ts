import { openCheckout } from "@turnpike/core/checkout";
import { applyOwners, planOwners, type Verdict } from "@turnpike/core/owners";
import { beginReading, workReading } from "@turnpike/core/sync";
import { expect, it, onTestFinished } from "vitest";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { type OldPayer, type OldSchema, oldSchemas } from "../parts/old-schemas.ts";
import { createPast } from "../parts/past.ts";
import { createShop } from "../parts/shop.ts";

const SUBSCRIBERS = 4;

it.each(Object.entries(oldSchemas))(
  "%s: adopted, nobody loses access or their customer, and at no moment is anything sold twice",
  async (_, old) => {
    const [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
    const shop = createShop(supabase, lent);
    const [{ id: plan }, { id: other }] = [await shop.sell("monthly"), await shop.sell("monthly")];
    await makeOld(supabase, old);
    const subscribers: { payer: OldPayer; customer: string }[] = [];
    for (let place = 0; place < SUBSCRIBERS; place++) {
      subscribers.push(await addSubscriber(old, supabase, lent, { plan, user: await shop.newUser(), place }));
    }
    await createPast(lent).growOld();
    const standing = await countSales(lent);
    const expectNoSale = async () => {
      for (const { payer, customer } of subscribers) {
        const purchase = shop.purchase(other, { organizationId: payer.organizationId });
        const url = await openCheckout(shop.billing, { id: payer.userId, email: payer.email }, purchase);
        expect(url).toContain("/p/session/");
        expect((await lent.asked("POST /v1/billing_portal/sessions")).at(-1)?.params.customer).toBe(customer);
      }
      expect(await countSales(lent)).toEqual(standing);
    };
    const rows = () => supabase.query<{ n: number }>("select count(*)::int as n from customers");

    await supabase.query("update billing.settings set user_metadata_keys = $1, organization_metadata_keys = $2", [
      ["user_id", ...old.userKeys],
      ["organization_id", ...old.organizationKeys],
    ]);
    const count = async (judging: AsyncIterable<Verdict[]>) => {
      const all: Verdict[] = [];
      for await (const batch of judging) all.push(...batch);
      return Map.groupBy(all, ({ outcome }) => outcome);
    };
    expect((await count(planOwners(supabase.client, old.source))).get("matched")).toHaveLength(SUBSCRIBERS);
    expect(await rows()).toEqual([{ n: 0 }]);
    await count(applyOwners(supabase.client, old.source));

    // One of them comes before a single customer has been read, the others when all are.
    const [first] = subscribers.splice(0, 1);
    const later = subscribers.splice(0);
    subscribers.push(...(first ? [first] : []));
    await expectNoSale();
    await beginReading(shop.billing, { purpose: "sync", requestedBy: "a test" });
    await workReading(shop.billing, { purpose: "sync", perSecond: 2000, perEndpoint: 500 });
    subscribers.push(...later.splice(0, 1));
    await expectNoSale();
    subscribers.push(...later);

    expect(await supabase.query("select id from customers where user_id is null and organization_id is null")).toEqual(
      [],
    );
    expect(await supabase.query("select * from billing.promised_owners")).toEqual([]);
    for (const { payer } of subscribers) expect(await hasAccess(supabase, payer)).toBe(true);
    expect((await count(applyOwners(supabase.client, old.source))).get("owned")).toHaveLength(SUBSCRIBERS);
    await expectNoSale();
  },
  60_000,
);

/** Its tables, out of `public` and within sight of the service role, as docs/adopt.md says. */
async function makeOld(supabase: LentSupabase, old: OldSchema) {
  const [row] = await supabase.query<{ body: string }>(
    "select pg_get_functiondef('billing.organizations_of(uuid)'::regprocedure) as body",
  );
  onTestFinished(async () => {
    await supabase.query("drop schema if exists old cascade");
    await supabase.query(row?.body ?? "");
    await supabase.query(
      "update billing.settings set user_metadata_keys = '{user_id}', organization_metadata_keys = '{organization_id}'",
    );
  });
  const grants = [
    "grant usage on schema old to service_role",
    "grant select on all tables in schema old to service_role",
  ];
  for (const statement of ["create schema old", ...old.tables, ...grants]) await supabase.query(statement);
  if (!old.hasOrganizations) return;
  await supabase.query(`
    create or replace function billing.organizations_of(user_id uuid)
    returns table (organization_id text, manages_billing boolean)
    language sql stable security definer set search_path = '' as $$
      select account.id::text, true from old.accounts account
      where account.primary_owner_user_id = organizations_of.user_id and not account.is_personal_account
    $$`);
}

async function addSubscriber(
  old: OldSchema,
  supabase: LentSupabase,
  { stripe }: LentStripe,
  { plan, user, place }: { plan: string; user: { id: string; email: string }; place: number },
) {
  const isTeam = old.hasOrganizations && place % 2 === 1;
  const organizationId = isTeam ? crypto.randomUUID() : undefined;
  const payer = { userId: user.id, email: user.email, organizationId };
  const { id } = await stripe.customers.create({ payment_method: "pm_card_visa", ...old.customerOf(payer) });
  await stripe.subscriptions.create({ customer: id, items: [{ price: plan }], trial_period_days: 700 });
  await old.remember(supabase, payer, id);
  return { payer, customer: id };
}

async function countSales({ stripe, asked }: LentStripe) {
  const [customers, sessions] = await Promise.all([
    stripe.customers.list({ limit: 100 }),
    asked("POST /v1/checkout/sessions"),
  ]);
  return { customers: customers.data.length, sessions: sessions.length };
}

async function hasAccess(supabase: LentSupabase, { userId }: OldPayer) {
  const answer = await supabase.client.rpc("user_has_active_subscription", { user_id: userId });
  return answer.data;
}
