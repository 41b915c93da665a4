import { auditAccount } from "@turnpike/core/sync";
import { beforeEach, expect, it } from "vitest";
import { eachWithAccount } from "../parts/account.ts";
import { forbid, type Obstacle, refuseForNow, standBefore } from "../parts/proxy.ts";

const account = eachWithAccount();
beforeEach(async () => {
  const { id: price } = await account.shop.sell("monthly");
  for (let n = 0; n < 3; n++) await account.addSubscriber({ price });
  await account.past.growOld();
  await account.reading.sync();
  await account.letTimePass();
});

const audit = async (stripe = account.stripe) =>
  auditAccount({ ...account.shop.billing, stripe }, { perSecond: 1000, perEndpoint: 200, lookAgainAfterMs: 1 });
const kindOf = ({ objects }: Awaited<ReturnType<typeof audit>>, name: string) =>
  objects.find(({ object }) => object === name);
const contents = () => account.supabase.query("select * from billing.invoices order by id");

it("a mirror that shows what Stripe shows is equal, by the same digest", async () => {
  const audited = await audit();
  expect(audited.objects.filter(({ differing, failures }) => differing.length + failures.length > 0)).toEqual([]);
  expect(audited.equal).toBe(true);
  const invoices = kindOf(audited, "invoice");
  expect(invoices).toMatchObject({ objects: 3, equal: 3, mirrorDigest: invoices?.stripeDigest });
  expect(invoices?.stripeDigest).not.toMatch(/^0*$/);
});

it("a single cent is named by its object and column, and nothing is written", async () => {
  const [invoice] = await account.supabase.query<{ id: string }>(
    "update billing.invoices set amount_paid = amount_paid + 1 where id = (select min(id) from billing.invoices) returning id",
  );
  const before = await contents();
  const audited = await audit();
  expect(audited.equal).toBe(false);
  expect(audited.objects.filter(({ objects, equal }) => objects !== equal)).toMatchObject([
    {
      object: "invoice",
      objects: 3,
      equal: 2,
      differing: [
        { id: invoice?.id, kind: "differs", columns: [{ column: "amount_paid", stripe: 2900, mirror: 2901 }] },
      ],
    },
  ]);
  const invoices = kindOf(audited, "invoice");
  expect(invoices?.mirrorDigest).not.toBe(invoices?.stripeDigest);
  expect(await contents()).toEqual(before);
});

it("what is looked at once more is told one by one, for it may take minutes", async () => {
  await account.supabase.query("delete from billing.invoices");
  const told: object[] = [];
  const onLookedAgain = (looked: object) => void told.push(looked);
  await auditAccount(account.shop.billing, { perSecond: 1000, perEndpoint: 200, lookAgainAfterMs: 1, onLookedAgain });
  expect(told).toEqual([1, 2, 3].map((looked) => ({ object: "invoice", looked, of: 3 })));
});

/** Whoever audits where something stands before Stripe. */
const auditBehind = async (obstacle: Obstacle) => audit((await standBefore(account.lent, obstacle)).stripe);
const fail: (response: Parameters<Obstacle>[1]) => void = (response) => {
  response.writeHead(500, { "content-type": "application/json" });
  response.end('{"error":{"type":"api_error"}}');
};

it("a kind that the key may not list, or that Stripe fails to, is named with the reason; all others are compared", async () => {
  await account.supabase.query(
    "update billing.invoices set amount_paid = 1 where id = (select min(id) from billing.invoices)",
  );
  const audited = await auditBehind(({ url = "" }, response) => {
    if (url.startsWith("/v1/disputes")) forbid(response, "acct_1", "rak_dispute_read");
    if (url.startsWith("/v1/charges")) fail(response);
  });
  expect(audited.equal).toBe(false);
  expect(audited.objects.filter(({ unread }) => unread).map(({ object, unread }) => [object, unread])).toEqual([
    ["charge", "StripeAPIError"],
    ["dispute", "forbidden"],
  ]);
  expect(kindOf(audited, "charge")).toMatchObject({ objects: 0, differing: [] });
  expect(kindOf(audited, "invoice")).toMatchObject({ objects: 3, equal: 2, unread: null });
}, 60_000);

it("what Stripe fails to answer now and then, or is asked too fast for, is asked again: an audit takes hours", async () => {
  // Once more than Stripe's own client asks.
  const left = { "/v1/charges": 2 } as Record<string, number>;
  await account.supabase.query("update billing.invoices set amount_paid = 1");
  const audited = await auditBehind(({ url = "" }, response) => {
    const [path = ""] = url.split("?");
    if (!/^\/v1\/(invoices|charges)/.test(path)) return;
    left[path] = (left[path] ?? 1) - 1;
    if (left[path] < 0) return;
    if (path === "/v1/charges") fail(response);
    else refuseForNow(response);
  });
  expect(Object.keys(left).filter((path) => path.includes("in_"))).toHaveLength(3);
  expect(audited.objects.filter(({ unread }) => unread)).toEqual([]);
  expect(kindOf(audited, "invoice")).toMatchObject({ objects: 3, equal: 0, differing: [{}, {}, {}] });
}, 60_000);

it("a key that Stripe does not know any more ends it", async () => {
  const ended = auditBehind(({ url = "" }, response) => {
    if (!url.startsWith("/v1/charges")) return;
    response.writeHead(401, { "content-type": "application/json" });
    response.end('{"error":{"type":"invalid_request_error"}}');
  });
  await expect(ended).rejects.toMatchObject({ statusCode: 401 });
});

it("rows too few and too many are named, and what a person is called is not", async () => {
  const [gone] = await account.supabase.query<{ id: string }>(
    "delete from billing.invoices where id = (select min(id) from billing.invoices) returning id",
  );
  await account.supabase.query(
    `insert into billing.invoices select (jsonb_populate_record(i, '{"id": "in_invented"}')).* from billing.invoices i limit 1`,
  );
  // As somebody makes one by hand: as of never.
  await account.supabase.query(
    `insert into billing.charges (id, status, currency, amount, amount_captured, amount_refunded, created_at)
      values ('ch_by_hand', 'succeeded', 'usd', 1, 1, 0, now())`,
  );
  await account.supabase.query("update public.customers set email = 'ada@example.com'");
  const audited = await audit();
  expect(kindOf(audited, "invoice")?.differing).toEqual([
    { id: gone?.id, kind: "missing", columns: [] },
    { id: "in_invented", kind: "extra", columns: [] },
  ]);
  expect(kindOf(audited, "charge")?.differing).toEqual([{ id: "ch_by_hand", kind: "extra", columns: [] }]);
  const customers = kindOf(audited, "customer");
  expect(customers?.differing).toHaveLength(3);
  expect(customers?.differing[0]?.columns).toEqual([{ column: "email", stripe: "differs", mirror: "differs" }]);
});
