import { setTimeout as sleep } from "node:timers/promises";
import { openCheckout } from "@turnpike/core/checkout";
import { cancelSubscription, changePlan, previewChange, resumeSubscription } from "@turnpike/core/plan-change";
import { openPortal } from "@turnpike/core/portal";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { SITE } from "../parts/lambda.ts";
import { createShop, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let shop: Shop;
let plan: string;
let original: string;
beforeAll(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  shop = createShop(supabase, lent);
  plan = (await shop.sell("monthly")).id;
  const [row] = await supabase.query<{ body: string }>(
    "select pg_get_functiondef('billing.organizations_of(uuid)'::regprocedure) as body",
  );
  original = row?.body ?? "";
  await supabase.query("create table public.test_members (user_id uuid, organization_id text, manages boolean)");
  await supabase.query(`
    create or replace function billing.organizations_of(user_id uuid)
    returns table (organization_id text, manages_billing boolean)
    language sql stable security definer set search_path = '' as $$
      select member.organization_id, member.manages from public.test_members member
      where member.user_id = organizations_of.user_id
    $$`);
});
afterAll(async () => {
  await supabase.query(original);
  await supabase.query("drop table public.test_members");
});

type User = Awaited<ReturnType<Shop["newUser"]>>;
const buy = (user: User | undefined, organizationId?: string) =>
  openCheckout(shop.billing, user, shop.purchase(plan, { organizationId }));
const manage = (user: User, organizationId?: string) =>
  openPortal(shop.billing, user, { returnUrl: SITE, organizationId });
const join = (user: User, organizationId: string, manages: boolean) =>
  supabase.query("insert into test_members values ($1, $2, $3)", [user.id, organizationId, manages]);
const NO_MANAGER = { name: "BillingError", code: "not_billing_manager" };
let count = 0;
const newOrganization = () => `org-${count++}`;

it("an organisation buys once, whichever of its managers presses, and each of them may manage it", async () => {
  const [acme, ada, grace] = [newOrganization(), await shop.newUser(), await shop.newUser()];
  await Promise.all([join(ada, acme, true), join(grace, acme, true)]);
  await shop.pay(await buy(ada, acme));
  const [customer] = await supabase.query<{ id: string; user_id: null }>(
    "select id, user_id from customers where organization_id = $1",
    [acme],
  );
  expect(customer?.user_id).toBeNull();
  for (const manager of [ada, grace]) {
    expect(await buy(manager, acme)).toContain("/p/session/");
    expect(await manage(manager, acme)).toContain("/p/session/");
    expect((await lent.asked("POST /v1/billing_portal/sessions")).at(-1)?.params.customer).toBe(customer?.id);
  }
  const [subscription] = (await lent.stripe.subscriptions.list({ customer: customer?.id ?? "" })).data;
  expect(subscription?.metadata).toMatchObject({ organization_id: acme, user_id: ada.id });
});

it("one manager's plan is changed, ended and kept by the other; by no member, and for nobody's own account", async () => {
  const [acme, ada, grace, member] = [
    newOrganization(),
    await shop.newUser(),
    await shop.newUser(),
    await shop.newUser(),
  ];
  await Promise.all([join(ada, acme, true), join(grace, acme, true), join(member, acme, false)]);
  await shop.pay(await buy(ada, acme));
  const { billing } = shop;
  const wish = { priceId: plan, quantity: 4, organizationId: acme };
  const { token } = await previewChange(billing, { user: grace }, wish);
  const acts = (user: User, organizationId?: string) => [
    () => changePlan(billing, { user }, { ...wish, organizationId, token }),
    () => cancelSubscription(billing, { user }, { organizationId }),
    () => resumeSubscription(billing, { user }, { organizationId }),
  ];
  for (const act of acts(member, acme)) await expect(act()).rejects.toMatchObject(NO_MANAGER);
  for (const act of acts(grace)) await expect(act()).rejects.toMatchObject({ code: "no_billing_account" });
  const states = [];
  for (const act of acts(grace, acme)) states.push(await act());
  expect(states).toMatchObject([
    { items: [{ priceId: plan, quantity: 4 }], endsAt: null },
    { endsAt: expect.any(String) },
    { endsAt: null },
  ]);
});

it("what an organisation bought is not its manager's: they may buy for themselves, and the other way round", async () => {
  const [acme, ada] = [newOrganization(), await shop.newUser()];
  await join(ada, acme, true);
  await shop.pay(await buy(ada, acme));
  await expect(manage(ada)).rejects.toMatchObject({ code: "no_billing_account" });
  await shop.pay(await buy(ada));
  const [grace, initech] = [await shop.newUser(), newOrganization()];
  await join(grace, initech, true);
  await shop.pay(await buy(grace));
  expect(await buy(grace, initech)).toContain("/c/pay/");
});

it("nobody but a manager buys or manages for it: no member, no stranger, no guest", async () => {
  const [acme, ada, member, stranger] = [
    newOrganization(),
    await shop.newUser(),
    await shop.newUser(),
    await shop.newUser(),
  ];
  await Promise.all([join(ada, acme, true), join(member, acme, false), join(stranger, newOrganization(), true)]);
  await shop.pay(await buy(ada, acme));
  const before = (await lent.asked("POST /v1/checkout/sessions")).length;
  for (const other of [member, stranger]) {
    await expect(buy(other, acme)).rejects.toMatchObject(NO_MANAGER);
    await expect(manage(other, acme)).rejects.toMatchObject(NO_MANAGER);
  }
  await expect(buy(undefined, acme)).rejects.toMatchObject({ code: "unauthenticated", message: "Sign in first" });
  expect(await lent.asked("POST /v1/checkout/sessions")).toHaveLength(before);
});

it("the address of whoever buys reaches no other customer of the organisation", async () => {
  const [acme, ada, grace] = [newOrganization(), await shop.newUser(), await shop.newUser()];
  await Promise.all([join(ada, acme, true), join(grace, acme, true)]);
  await buy(ada, acme);
  await buy(grace, acme);
  expect((await lent.stripe.customers.list({ email: ada.email })).data).toHaveLength(1);
  expect((await lent.stripe.customers.list({ email: grace.email })).data).toEqual([]);
});

it("what is sold to an organisation names it and its manager, whose purchase it is not", async () => {
  const [acme, ada] = [newOrganization(), await shop.newUser()];
  await join(ada, acme, true);
  await buy(ada, acme);
  const { params } = (await lent.asked("POST /v1/checkout/sessions")).at(-1) ?? {};
  expect(params).toMatchObject({
    "metadata[organization_id]": acme,
    "metadata[user_id]": ada.id,
    "metadata[user_email]": ada.email,
  });
  expect(params).not.toHaveProperty("client_reference_id");
});

it("a sale to an organisation waits for one to the same organisation, and for no other", async () => {
  const [acme, initech, ada] = [newOrganization(), newOrganization(), await shop.newUser()];
  await Promise.all([join(ada, acme, true), join(ada, initech, true)]);
  const sale = { payer: `organization:${acme}`, token: crypto.randomUUID() };
  expect((await supabase.client.rpc("begin_sale", sale)).data).toBe(true);
  const waiting = buy(ada, acme);
  expect(await buy(ada, initech)).toContain("/c/pay/");
  expect(await Promise.race([waiting, sleep(500, "waits")])).toBe("waits");
  await supabase.client.rpc("end_sale", sale);
  expect(await waiting).toContain("/c/pay/");
});
