import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, createPlan, openBench } from "./testing/bench.ts";

/** https://docs.stripe.com/search */
let bench: Bench;
let stripe: Stripe;
const names = new Map<string, string>();
const MOMENT = Math.floor(Date.now() / 1000);

beforeAll(async () => {
  bench = await openBench();
  stripe = bench.stripe;
  const people: Stripe.CustomerCreateParams[] = [
    { name: "Ada", email: "ada@example.com", metadata: { user_id: "u-1", plan: "Pro" } },
    { name: "Bob", email: "bob@example.com", metadata: { user_id: "u-2" }, phone: "+4930123" },
    { name: 'Cy "the" Fox', email: "cy@other.org", metadata: { "odd key": "it's" } },
    { name: "Dee" },
  ];
  for (const person of people) names.set((await stripe.customers.create(person)).id, String(person.name).slice(0, 3));
});
afterAll(() => bench.close());

const found = async (query: string) =>
  (await stripe.customers.search({ query })).data.map(({ id }) => names.get(id)).join(" ");

test.each([
  ["metadata['user_id']:'u-1'", "Ada"],
  ['metadata["user_id"]:"U-2"', "Bob"],
  ["metadata[\"odd key\"]:'it\\'s'", "Cy "],
  ["metadata['plan']:'Pr'", ""],
  ["metadata['user_id']:null", "Dee Cy "],
  ["-metadata['user_id']:NULL", "Bob Ada"],
  ["email:'ADA@example.com'", "Ada"],
  ["email~'example'", "Bob Ada"],
  ["-email~'example'", "Dee Cy "],
  ["email:null", "Dee"],
  ['name:"cy \\"the\\" fox"', "Cy "],
  ["phone:'+4930123'", "Bob"],
  ["email~'example' metadata['plan']:'pro'", "Ada"],
  ["email~'example' AND name:'Bob'", "Bob"],
  ["name:'Dee' or name:'Ada'", "Dee Ada"],
  [`created>=${MOMENT} created<${MOMENT + 3600}`, "Dee Cy  Bob Ada"],
  [`created>${MOMENT + 3600}`, ""],
])("%s finds the right customers, newest first", async (query, expected) => {
  expect(await found(query)).toBe(expected);
});

const page = "http://stripe.com/docs/search#query-fields-for-customers";

test.each([
  [
    "description:'x'",
    `Field \`description\` is an unsupported search field for resource \`customers\`. See ${page} for a list of supported fields.`,
  ],
  ["user_id", "We were unable to parse your search query."],
  ["email:'a", "We were unable to parse your search query."],
  ["metadata:'a'", "We were unable to parse your search query."],
  ["metadata['k']~'abc'", "We were unable to parse your search query."],
  ["email~'ab'", "We were unable to parse your search query."],
  ["created:'soon'", "We were unable to parse your search query."],
  ["name:'a' AND name:'b' OR name:'c'", "We were unable to parse your search query."],
  [Array(11).fill("name:'a'").join(" OR "), "We were unable to parse your search query."],
])("%s is refused", async (query, message) => {
  const asked = stripe.customers.search({ query });
  await expect(asked).rejects.toMatchObject({
    statusCode: 400,
    param: "query",
    message: expect.stringContaining(message),
  });
});

test("pages follow one another, also by auto-paging, and the total is counted where it is asked for", async () => {
  const query = "-name:'nobody'";
  const first = await stripe.customers.search({ query, limit: 3, expand: ["total_count"] });
  expect(first).toMatchObject({ object: "search_result", has_more: true, total_count: 4, url: "/v1/customers/search" });
  const rest = await stripe.customers.search({ query, limit: 3, page: String(first.next_page) });
  expect(rest).toMatchObject({ has_more: false, next_page: null, data: [{ name: "Ada" }] });
  expect(rest).not.toHaveProperty("total_count");
  const all = await stripe.customers.search({ query, limit: 1 }).autoPagingToArray({ limit: 10 });
  expect(all.map(({ name }) => name)).toEqual(["Dee", 'Cy "the" Fox', "Bob", "Ada"]);
  await expect(stripe.customers.search({ query, page: "nowhere" })).rejects.toMatchObject({ param: "page" });
  await expect(stripe.customers.search({ query, limit: 101 })).rejects.toMatchObject({ param: "limit" });
});

test("what was found is expanded, and a query is needed", async () => {
  const { data } = await stripe.customers.search({ query: "name:'Ada'", expand: ["data.subscriptions"] });
  expect(data[0]?.subscriptions?.data).toEqual([]);
  await expect(stripe.customers.search({ query: "name:'Ada'", expand: ["subscriptions"] })).rejects.toThrow(
    "This property cannot be expanded (subscriptions). You may want to try expanding 'data.subscriptions' instead.",
  );
  const none = stripe.customers.search({} as Stripe.CustomerSearchParams);
  await expect(none).rejects.toMatchObject({ code: "parameter_missing", param: "query" });
});

test("what was sold is found by each resource's own fields", async () => {
  const price = await createPlan(stripe, { lookup_key: "pro_monthly", metadata: { tier: "pro" } });
  const { id: customer } = await stripe.customers.create({
    payment_method: "pm_card_visa",
    invoice_settings: { default_payment_method: "pm_card_visa" },
  });
  const metadata = { seat: "7" };
  const subscription = await stripe.subscriptions.create({ customer, items: [{ price: price.id }], metadata });
  await stripe.products.update(String(price.product), { description: "For teams" });
  const ids = async (search: Promise<{ data: { id: string }[] }>) => (await search).data.map(({ id }) => id);
  const [charge] = (await stripe.charges.list({ customer })).data;
  const [invoice] = (await stripe.invoices.list({ customer })).data;
  const [intent] = (await stripe.paymentIntents.list({ customer })).data;
  const query = `customer:"${customer}"`;
  expect(await ids(stripe.charges.search({ query: `${query} amount>=1500 refunded:"false"` }))).toEqual([charge?.id]);
  expect(await ids(stripe.charges.search({ query: `${query} payment_method_details.card.last4:"4242"` }))).toEqual([
    charge?.id,
  ]);
  expect(await ids(stripe.charges.search({ query: `${query} disputed:"true"` }))).toEqual([]);
  expect(await ids(stripe.invoices.search({ query: `${query} total:1500 status:"paid"` }))).toEqual([invoice?.id]);
  expect(await ids(stripe.paymentIntents.search({ query: `${query} status:"succeeded"` }))).toEqual([intent?.id]);
  expect(await ids(stripe.prices.search({ query: 'lookup_key:"pro_monthly" active:"true"' }))).toEqual([price.id]);
  expect(await ids(stripe.products.search({ query: 'description~"teams"' }))).toEqual([price.product]);
  expect(await ids(stripe.subscriptions.search({ query: 'metadata["seat"]:"7" status:"active"' }))).toEqual([
    subscription.id,
  ]);
  await expect(stripe.subscriptions.search({ query })).rejects.toThrow(
    "Field `customer` is an unsupported search field for resource `subscriptions`",
  );
});
