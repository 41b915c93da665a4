import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { startTestPostgres } from "@turnpike/local/testing";
import { CLIENTS, type ClientRun } from "@turnpike/stripe-emulator/generation";
import { type Bench, CARD, cli, createPlan, openBench, runCli } from "@turnpike/stripe-emulator/testing";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

/** The clients, unmodified; each is only told where its Stripe is. They are installed in this folder, and have no types here. */
const load = createRequire(import.meta.url);

const versionOf = (name: string): string =>
  JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), "utf8")).version;

/** What each client did, for the emulator's page. */
const runs: ClientRun[] = [];
/** How much there is to say when all of it was run, and nothing failed. */
const SEEN = 5;
const did = (client: string, version: string, what: string) => runs.push({ client, version, what });

/** `npm run test:clients` installs the clients, and says so. */
describe.skipIf(!process.env.TEST_CLIENTS)("clients of Stripe, against the emulator", () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await openBench({ webhookEndpoints: [] });
  });
  afterAll(async () => {
    await bench?.close();
    // The page of the emulator says what was seen here: npm run generate.
    if (runs.length === SEEN) writeFileSync(CLIENTS, `${JSON.stringify(runs, null, 2)}\n`);
  });

  const pointed = <T extends { _setApiField(name: string, value: unknown): void }>(stripe: T): T => {
    const { hostname, port } = new URL(bench.origin);
    for (const [name, value] of Object.entries({ host: hostname, port, protocol: "http" }))
      stripe._setApiField(name, value);
    return stripe;
  };

  test("@supabase/stripe-sync-engine syncs all of an account, and each event after", async () => {
    const { StripeSync, runMigrations } = load("@supabase/stripe-sync-engine");
    const database = await startTestPostgres();
    onTestFinished(() => database.close());
    await runMigrations({ databaseUrl: database.url, schema: "stripe" });
    const sync = new StripeSync({
      poolConfig: { connectionString: database.url, max: 4 },
      schema: "stripe",
      stripeSecretKey: "sk_test_sync",
      stripeWebhookSecret: "whsec_sync",
      autoExpandLists: true,
    });
    pointed(sync.stripe);
    const { stripe } = bench;
    const price = await createPlan(stripe, { currency: "usd" });
    const customer = await stripe.customers.create({
      email: "sync@example.com",
      payment_method: "pm_card_visa",
      invoice_settings: { default_payment_method: "pm_card_visa" },
      tax_id_data: [{ type: "eu_vat", value: "DE123456789" }],
    });
    const { id } = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: price.id }] });
    const [invoice] = (await stripe.invoices.list({ customer: customer.id })).data;
    await stripe.creditNotes.create({ invoice: invoice?.id ?? "", amount: 500, refund_amount: 500 });
    await stripe.subscriptionSchedules.create({ from_subscription: id });

    const synced: Record<string, { synced: number }> = await sync.syncBackfill({ object: "all" });
    const counts = Object.entries(synced).map(([kind, found]) => [kind, found?.synced]);
    expect(counts).toHaveLength(17);
    for (const kind of ["customers", "subscriptions", "subscriptionSchedules", "taxIds", "creditNotes", "refunds"])
      expect(synced[kind]?.synced, kind).toBe(1);

    // It takes no event of an object that is of the second in which it read that object: of one that it does not know it does.
    const from = bench.emulator.events().length;
    const later = await stripe.customers.create({ email: "later@example.com" });
    for (const event of bench.emulator.events().slice(from)) await sync.processEvent(event);
    const connection = database.connect();
    const rows = await connection.query("select id from stripe.customers order by created, id = $1", [later.id]);
    expect(rows).toEqual([{ id: customer.id }, { id: later.id }]);
    await connection.close();
    await sync.postgresClient.pool.end();
    did(
      "@supabase/stripe-sync-engine",
      versionOf("@supabase/stripe-sync-engine"),
      '`syncBackfill({ object: "all" })`: 17 of 17 kinds; then events',
    );
  });

  test("Stripe's agent toolkit: each of its tools does what it is for", async () => {
    const { StripeAgentToolkit } = load("@stripe/agent-toolkit/openai");
    const everything = new Proxy({}, { get: () => new Proxy({}, { get: () => true }) });
    const toolkit = new StripeAgentToolkit({ secretKey: "sk_test_agent", configuration: { actions: everything } });
    pointed(toolkit._stripe.stripe);
    const used: string[] = [];
    const use = async (name: string, given: object = {}) => {
      used.push(name);
      const call = { id: "call", function: { name, arguments: JSON.stringify(given) } };
      const answer = JSON.parse((await toolkit.handleToolCall(call)).content);
      if (typeof answer === "string") throw new Error(`${name}: ${answer}`);
      return answer;
    };
    const customer = await use("create_customer", { name: "Agent", email: "agent@example.com" });
    expect(await use("list_customers", { email: "agent@example.com" })).toMatchObject([{ id: customer.id }]);
    const product = await use("create_product", { name: "Advice" });
    expect((await use("list_products"))[0]).toMatchObject({ id: product.id });
    const price = await use("create_price", { product: product.id, unit_amount: 2000, currency: "usd" });
    expect(await use("list_prices", { product: product.id })).toMatchObject([{ id: price.id }]);
    expect((await use("create_payment_link", { price: price.id, quantity: 1 })).url).toContain("/c/link/");
    const invoice = await use("create_invoice", { customer: customer.id, days_until_due: 7 });
    const item = await use("create_invoice_item", { customer: customer.id, price: price.id, invoice: invoice.id });
    expect(item.invoice).toBe(invoice.id);
    expect(await use("finalize_invoice", { invoice: invoice.id })).toMatchObject({ status: "open" });
    expect(await use("list_invoices", { customer: customer.id })).toMatchObject([{ id: invoice.id }]);

    const { stripe } = bench;
    const pay = (payment_method: string) =>
      stripe.paymentIntents.create({
        amount: 2000,
        currency: "usd",
        customer: customer.id,
        payment_method,
        confirm: true,
        return_url: "http://localhost/",
      });
    const intent = await pay("pm_card_visa");
    expect((await use("list_payment_intents", { customer: customer.id }))[0]).toMatchObject({ id: intent.id });
    expect((await use("retrieve_balance")).pending[0].amount).toBeGreaterThan(0);
    expect(await use("create_refund", { payment_intent: intent.id, amount: 500 })).toMatchObject({ amount: 500 });
    const coupon = await use("create_coupon", { name: "Off", amount_off: 500, currency: "usd" });
    expect((await use("list_coupons"))[0]).toMatchObject({ id: coupon.id });

    const monthly = await createPlan(stripe, { currency: "usd" });
    await stripe.customers.update(customer.id, {
      invoice_settings: {
        default_payment_method: (await stripe.paymentMethods.attach("pm_card_visa", { customer: customer.id })).id,
      },
    });
    const subscription = await stripe.subscriptions.create({ customer: customer.id, items: [{ price: monthly.id }] });
    expect(await use("list_subscriptions", { customer: customer.id })).toMatchObject([{ id: subscription.id }]);
    const items = [{ id: subscription.items.data[0]?.id, quantity: 3 }];
    await use("update_subscription", { subscription: subscription.id, proration_behavior: "none", items });
    expect((await stripe.subscriptions.retrieve(subscription.id)).items.data).toMatchObject([{ quantity: 3 }]);
    await use("cancel_subscription", { subscription: subscription.id });
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe("canceled");

    await pay("pm_card_createDispute");
    await expect.poll(async () => (await use("list_disputes", {})).length, { timeout: 5000 }).toBe(1);
    const [dispute] = await use("list_disputes", {});
    await use("update_dispute", {
      dispute: dispute.id,
      evidence: { uncategorized_text: "winning_evidence" },
      submit: true,
    });
    await expect.poll(async () => (await stripe.disputes.retrieve(dispute.id)).status, { timeout: 5000 }).toBe("won");

    const tools: string[] = toolkit.getTools().map((tool: { function: { name: string } }) => tool.function.name);
    // That one asks Stripe's documentation, over the internet.
    expect(tools.filter((name) => !used.includes(name))).toEqual(["search_stripe_documentation"]);
    did(
      "@stripe/agent-toolkit",
      versionOf("@stripe/agent-toolkit"),
      `${tools.length - 1} of ${tools.length} tools; the other one searches Stripe's documentation`,
    );
  });

  test("better-auth's Stripe plugin sells a plan, changes it at once and at the period's end, and cancels it", async () => {
    const { betterAuth } = await import("better-auth" as string);
    const { memoryAdapter } = await import("better-auth/adapters/memory" as string);
    const { stripe: stripePlugin } = await import("@better-auth/stripe" as string);
    const Stripe = load("stripe");
    const { stripe } = bench;
    const [basic, pro] = [await createPlan(stripe), await createPlan(stripe, { unit_amount: 4500 })];
    await stripe.billingPortal.configurations.update(
      (await stripe.billingPortal.configurations.list({ is_default: true })).data[0]?.id ?? "",
      {
        features: {
          subscription_cancel: { enabled: true },
          subscription_update: {
            enabled: true,
            default_allowed_updates: ["price", "quantity"],
            products: [basic, pro].map((price) => ({ product: String(price.product), prices: [price.id] })),
          },
        },
      },
    );
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const endpoint = await stripe.webhookEndpoints.create({
      url: `${baseURL}/api/auth/stripe/webhook`,
      enabled_events: ["*"],
    });
    onTestFinished(async () => void (await stripe.webhookEndpoints.del(endpoint.id)));
    const tables = {
      user: [],
      session: [],
      account: [],
      verification: [],
      subscription: [] as Record<string, unknown>[],
    };
    const auth = betterAuth({
      baseURL,
      secret: "a secret of nobody, which is long enough for this",
      database: memoryAdapter(tables),
      emailAndPassword: { enabled: true },
      logger: { disabled: true },
      plugins: [
        stripePlugin({
          stripeClient: pointed(new Stripe("sk_test_better")),
          stripeWebhookSecret: endpoint.secret,
          createCustomerOnSignUp: true,
          subscription: {
            enabled: true,
            plans: [
              { name: "basic", priceId: basic.id },
              { name: "pro", priceId: pro.id },
            ],
          },
        }),
      ],
    });
    server.on("request", async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      const headers = new Headers(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
      const answer = await auth.handler(
        new Request(`${baseURL}${request.url}`, { method: request.method, headers, body }),
      );
      response.writeHead(answer.status).end(await answer.text());
    });
    let cookie = "";
    const ask = async (path: string, body?: object) => {
      const headers = { "content-type": "application/json", origin: baseURL, cookie };
      const init = body ? { method: "POST", headers, body: JSON.stringify(body) } : { headers };
      const answer = await auth.handler(new Request(`${baseURL}/api/auth/${path}`, init));
      cookie =
        answer.headers
          .getSetCookie()
          .map((each: string) => each.split(";")[0])
          .join("; ") || cookie;
      expect(answer.status, `${path}: ${await answer.clone().text()}`).toBe(200);
      return answer.json();
    };
    const here = { successUrl: `${baseURL}/done`, cancelUrl: `${baseURL}/plans`, returnUrl: `${baseURL}/account` };
    const held = async () => {
      await bench.emulator.waitForDeliveries();
      return ask("subscription/list");
    };
    await ask("sign-up/email", { name: "Ada", email: "better@example.com", password: "a long password" });
    const { url } = await ask("subscription/upgrade", { plan: "basic", ...here });
    expect((await bench.submit(url, CARD)).status).toBe(303);
    expect(await held()).toMatchObject([{ plan: "basic", status: "active" }]);

    const change = await ask("subscription/upgrade", { plan: "pro", ...here });
    const fields = [...(await (await fetch(change.url)).text()).matchAll(/name="(\w+)" value="([^"]*)"/g)];
    await bench.submit(change.url, Object.fromEntries(fields.map(([, name, value]) => [name, value])));
    expect(await held()).toMatchObject([{ plan: "pro", status: "active" }]);

    await ask("subscription/upgrade", { plan: "basic", scheduleAtPeriodEnd: true, ...here });
    const [{ stripeSubscriptionId: id }] = await held();
    const { schedule } = await stripe.subscriptions.retrieve(id);
    expect((await stripe.subscriptionSchedules.retrieve(String(schedule))).phases).toMatchObject([
      { items: [{ price: pro.id }] },
      { items: [{ price: basic.id }] },
    ]);
    await ask("subscription/restore", {});
    expect((await stripe.subscriptions.retrieve(id)).schedule).toBeNull();

    const cancel = await ask("subscription/cancel", here);
    const page = [...(await (await fetch(cancel.url)).text()).matchAll(/name="(\w+)" value="([^"]*)"/g)];
    await bench.submit(cancel.url, Object.fromEntries(page.map(([, name, value]) => [name, value])));
    expect((await held())[0]).toMatchObject({ plan: "pro", status: "active" });
    const ending = await stripe.subscriptions.retrieve(id);
    expect(ending.cancel_at ?? ending.cancel_at_period_end).toBeTruthy();
    await ask("subscription/restore", {});
    expect(await stripe.subscriptions.retrieve(id)).toMatchObject({ cancel_at: null, cancel_at_period_end: false });
    did(
      "@better-auth/stripe",
      versionOf("@better-auth/stripe"),
      "sign-up, Checkout, a plan changed by the portal and at the period's end, restored, canceled",
    );
  });

  test.skipIf(cli === undefined)(
    "Stripe's CLI triggers each of its fixtures, or is refused by the name of what is lacking",
    async () => {
      const { output } = await runCli(bench.origin, "trigger", "--help");
      const [, list = ""] = /Supported events:\n([\s\S]*?)\n\n/.exec(output) ?? [];
      const fixtures = list
        .split("\n")
        .map((line) => line.trim())
        .filter(Boolean);
      const refused: string[] = [];
      for (const fixture of fixtures) {
        const ran = await runCli(bench.origin, "trigger", fixture);
        if (ran.output.includes("Trigger succeeded")) continue;
        refused.push(fixture);
        // Two stream to Stripe's own address, wherever its API is: the closed door of `startCli`.
        expect(ran.output, fixture).toMatch(
          /emulator_(operation|parameter)_not_modelled|Received unknown parameter|Invalid |Post \\?"https:\/\/meter-events\.stripe\.com/,
        );
      }
      did(
        "Stripe CLI",
        "1.52.0",
        `\`trigger\`: ${fixtures.length - refused.length} of ${fixtures.length} fixtures; refused by name: ${refused.join(", ")}`,
      );
      did(
        "Stripe CLI",
        "1.52.0",
        "`listen` (also `--latest`, `--all-thin`), `logs tail`, `get`, `post`, `events resend`: in `npm test`",
      );
    },
    300_000,
  );
});
