import { findPayersCustomers, getBuyer } from "@turnpike/core/customer";
import type { Payer } from "@turnpike/core/payer";
import { describe, expect, it } from "vitest";
import { eachWithAccount } from "../parts/account.ts";
import { type Obstacle, standBefore } from "../parts/proxy.ts";

// Customers of an account that has not been read yet: whom Stripe's search finds, and whom the operator names.

const account = eachWithAccount();

/** The customers of a payer, for whom somebody buys, as a Stripe shows them before which something may stand. */
async function find(payer: Payer, obstacle: Obstacle = () => {}) {
  const { stripe, requests } = await standBefore(account.lent, obstacle);
  const buyer = await getBuyer(account.supabase.client, await account.shop.newUser());
  const found = findPayersCustomers({ ...account.shop.billing, stripe }, payer, buyer);
  return { found, searches: () => requests.filter((request) => request.includes("/search")) };
}
const failAt =
  (path: string): Obstacle =>
  ({ url }, response) => {
    if (!url?.startsWith(path)) return;
    response.writeHead(500, { "content-type": "application/json", "stripe-should-retry": "false" });
    response.end(JSON.stringify({ error: { type: "api_error", message: "Broken" } }));
  };

describe("Stripe's search", () => {
  it("that fails is no refusal: it is told as what it is", async () => {
    const { found } = await find({ userId: (await account.shop.newUser()).id }, failAt("/v1/customers/search"));
    await expect(found).rejects.toMatchObject({ statusCode: 500 });
  });

  it("is read to its last page", async () => {
    const user = await account.shop.newUser();
    const customers = [];
    for (let n = 0; n < 3; n++)
      customers.push(await account.stripe.customers.create({ metadata: { user_id: user.id } }));
    const { found, searches } = await find({ userId: user.id }, (request) => {
      if (request.url?.includes("/search")) request.url = request.url.replace("limit=100", "limit=1");
    });
    expect((await found).own.toSorted()).toEqual(customers.map(({ id }) => id).toSorted());
    expect(searches()).toHaveLength(3);
  });

  it("is asked by the address of a user alone, once it is confirmed", async () => {
    const user = await account.shop.newUser();
    const queries = async (payer: Payer, who: object) => {
      const buyer = { id: user.id, email: user.email, emailConfirmed: true, ...who };
      await findPayersCustomers(account.shop.billing, payer, buyer);
      return (await account.lent.asked("GET /v1/customers/search")).at(-1)?.params.query;
    };
    const byKey = `metadata['user_id']:'${user.id}'`;
    const ofUser = { userId: user.id };
    expect(await queries(ofUser, {})).toBe(`${byKey} OR email:'${user.email}'`);
    expect(await queries(ofUser, { emailConfirmed: false })).toBe(byKey);
    expect(await queries(ofUser, { email: undefined })).toBe(byKey);
    expect(await queries({ organizationId: "acme" }, {})).toBe("metadata['organization_id']:'acme'");
  });
});

describe("what the operator has promised to a payer", () => {
  async function promise(customerId: string, payer: Payer) {
    const { userId = null, organizationId = null } = payer as { userId?: string; organizationId?: string };
    await account.supabase.query("insert into billing.promised_owners values ($1, $2, $3)", [
      customerId,
      userId,
      organizationId,
    ]);
  }

  it("is theirs as soon as Stripe is asked, an organisation's too; what Stripe does not know keeps nobody up", async () => {
    const payers: Payer[] = [{ userId: (await account.shop.newUser()).id }, { organizationId: "acme" }];
    for (const payer of payers) {
      const { id } = await account.stripe.customers.create({ email: "billing@example.com" });
      await promise(id, payer);
      await promise(`cus_gone${id}`, payer);
      expect(await (await find(payer)).found).toEqual({ own: [id], named: [] });
    }
    const owned = await account.supabase.query(
      "select user_id, organization_id, owned_by from customers order by user_id",
    );
    expect(owned).toEqual([
      { user_id: (payers[0] as { userId: string }).userId, organization_id: null, owned_by: "operator" },
      { user_id: null, organization_id: "acme", owned_by: "operator" },
    ]);
  });

  it("is not sold beside while Stripe does not say whether it is there", async () => {
    const user = await account.shop.newUser();
    await promise("cus_promised", { userId: user.id });
    const { found } = await find({ userId: user.id }, failAt("/v1/customers/cus_promised"));
    await expect(found).rejects.toMatchObject({ statusCode: 500 });
  });
});
