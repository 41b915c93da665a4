import { join } from "node:path";
import { ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { startParameterStore } from "@turnpike/functions/testing";
import {
  findRoute,
  functionEnvironment,
  type LocalQueue,
  type LocalSqs,
  startSqs,
  toEvent,
  toSqsEvent,
} from "@turnpike/local/testing/aws";
import Stripe from "stripe";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { event, product } from "../builders.ts";
import { type Person, startWorld, type World } from "../world.ts";
import { type Artifacts, buildArtifacts } from "./build.ts";
import { isRuntimeInterfaceClientInstalled, Lambda } from "./lambda.ts";

/**
 * What `sst deploy` would upload, run as Lambda runs it: SST's own builds within AWS's runtime interface client, against the
 * local system, with secrets from a Parameter Store. `npm run test:artifacts` installs the client.
 */
describe.skipIf(!isRuntimeInterfaceClientInstalled)("the built artifact of", () => {
  const REGION = "us-east-1";
  let world: World;
  let ada: Person;
  let artifacts: Artifacts;
  let store: Awaited<ReturnType<typeof startParameterStore>>;
  let sqs: LocalSqs;
  let queues: Record<string, LocalQueue>;

  beforeAll(async () => {
    world = await startWorld();
    ada = await world.signUp();
    const { settings } = world.local;
    Object.assign(process.env, {
      SITE_URL: world.url,
      SUPABASE_URL: settings.supabase.url,
      SUPABASE_PUBLISHABLE_KEY: settings.supabase.publishableKey,
      STRIPE_API_BASE: settings.stripe.apiBase,
    });
    artifacts = await buildArtifacts(process.cwd(), join(world.dataDir, "artifacts"));
    sqs = await startSqs(join(world.dataDir, "artifacts-sqs"), REGION);
    queues = sqs.createQueues(artifacts.system.queues);
    store = await startParameterStore(
      new Map([
        ["/sst/turnpike/local/Secret/STRIPE_SECRET_KEY/value", settings.stripe.secretKey],
        ["/sst/turnpike/local/Secret/STRIPE_WEBHOOK_SECRET/value", settings.stripe.webhookSecret],
        ["/sst/turnpike/.fallback/Secret/SUPABASE_SECRET_KEY/value", settings.supabase.secretKey],
      ]),
    );
  }, 180_000);
  afterAll(() => Promise.all([world?.close(), store?.close(), sqs?.close()]));

  /** Starts the function, invokes it twice (cold and warm) and answers what it returned the second time. */
  async function invoke(name: string, ...events: unknown[]): Promise<unknown> {
    const artifact = artifacts.functions.find(({ description }) => description.name === name);
    if (!artifact) throw new Error(`There is no function ${name}`);
    const kept = ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "SUPABASE_SECRET_KEY"];
    const secrets = Object.fromEntries(kept.map((secret) => [secret, "__FETCH_FROM_SSM__"]));
    const bindings = { secrets, queues, region: REGION, sqsEndpoint: sqs.endpoint };
    const environment = { ...functionEnvironment(artifact.description, bindings), AWS_ENDPOINT_URL_SSM: store.url };
    const lambda = await Lambda.start({ ...artifact, environment });
    try {
      let payload: unknown;
      for (const each of events) {
        const invocation = await lambda.invoke(each);
        if (!invocation.ok) throw new Error(`${JSON.stringify(invocation.payload)}\n${lambda.log}`);
        payload = invocation.payload;
      }
      for (const secret of [world.local.settings.stripe.secretKey, world.local.settings.supabase.secretKey]) {
        expect(lambda.log).not.toContain(secret);
      }
      return payload;
    } finally {
      await lambda.close();
    }
  }

  /** The event that API Gateway makes of a request. */
  function request(method: string, target: string, headers: Record<string, string>, body = "") {
    const match = findRoute(artifacts.system.routes, method, target);
    if (!match || "allowedMethods" in match) throw new Error(`There is no route ${method} ${target}`);
    const rawHeaders = Object.entries(headers).flat();
    const http = { method, target, rawHeaders, body: Buffer.from(body), sourceIp: "127.0.0.1", httpVersion: "1.1" };
    return toEvent(http, match, "request-1", new Date());
  }

  function eventsQueue(): LocalQueue {
    const queue = Object.values(queues).find(({ name }) => name.endsWith("StripeEvents"));
    if (!queue) throw new Error("There is no queue of events");
    return queue;
  }

  const bearer = () => ({ authorization: `Bearer ${ada.accessToken}` });
  const json = { "content-type": "application/json" };
  const bodyOf = (payload: unknown) => JSON.parse((payload as { body: string }).body);

  it("health answers that Stripe and Supabase do", async () => {
    const payload = await invoke("health", request("GET", "/api/health", {}));
    expect(payload).toMatchObject({ statusCode: 200 });
    expect(bodyOf(payload)).toMatchObject({ status: "ok", dependencies: { stripe: "ok", supabase: "ok" } });
  });

  it("the receiver hands an event to the queue, and that of the consumer takes it to its row", async () => {
    const object = product();
    const payload = JSON.stringify(event("product.created", object, 1_790_000_000));
    const signature = Stripe.webhooks.generateTestHeaderString({
      payload,
      secret: world.local.settings.stripe.webhookSecret,
    });
    const signed = request("POST", "/api/webhooks/stripe", { ...json, "stripe-signature": signature }, payload);
    const forged = request("POST", "/api/webhooks/stripe", { ...json, "stripe-signature": "t=1,v1=00" }, payload);
    expect(await invoke("receive-stripe-event", forged, signed)).toMatchObject({ statusCode: 200 });

    const queue = eventsQueue();
    const { Messages = [] } = await sqs.client.send(
      new ReceiveMessageCommand({ QueueUrl: queue.url, MessageSystemAttributeNames: ["All"] }),
    );
    expect(Messages).toHaveLength(1);
    const unreadable = { ...Messages[0], MessageId: "unreadable", Body: "{}" };
    const batch = toSqsEvent([...Messages, unreadable], queue, REGION);
    expect(await invoke("apply-stripe-events", batch)).toEqual({
      batchItemFailures: [{ itemIdentifier: "unreadable" }],
    });
    const { data } = await world.admin.from("products").select("id").eq("id", object.id);
    expect(data).toHaveLength(1);
  });

  it("the routes sell: JSON and form, Bearer token and cookie, portal and summary", async () => {
    const { id: priceId } = await world.priceOf("pro_monthly");
    const urls = { successUrl: `${world.url}/success`, cancelUrl: `${world.url}/pricing` };
    const purchase = JSON.stringify({ priceId, mode: "subscription", ...urls });
    const buy = request("POST", "/api/stripe/create-checkout", { ...json, ...bearer() }, purchase);
    const sold = await invoke("create-checkout", buy, buy);
    expect(sold).toMatchObject({ statusCode: 200 });
    const [sessionId = ""] = /cs_\w+/.exec(bodyOf(sold).url) ?? [];

    const form = { "content-type": "application/x-www-form-urlencoded", cookie: ada.cookie, origin: world.url };
    const post = request("POST", "/api/checkout_sessions", form, `price_id=${priceId}`);
    const opened = (await invoke("create-checkout-session", post)) as { headers: { location: string } };
    expect(opened).toMatchObject({
      statusCode: 303,
      headers: { location: expect.stringContaining("/c/pay/cs_") },
    });

    const shown = await invoke("get-checkout-session", request("GET", `/api/checkout_sessions/${sessionId}`, bearer()));
    expect(bodyOf(shown)).toMatchObject({ id: sessionId, mode: "subscription" });

    const returnUrl = JSON.stringify({ returnUrl: `${world.url}/account` });
    const manage = request("POST", "/api/stripe/create-portal", { ...json, ...bearer() }, returnUrl);
    expect(await invoke("create-portal", manage)).toMatchObject({ statusCode: 200 });
    const nobody = request("POST", "/api/stripe/create-portal", json, returnUrl);
    expect(await invoke("create-portal", nobody)).toMatchObject({ statusCode: 401 });

    await world.pay(opened.headers.location);
    const change = (path: string, body: object) =>
      request("POST", `/api/subscriptions/${path}`, { ...json, ...bearer() }, JSON.stringify(body));
    const { id: yearly } = await world.priceOf("pro_yearly");
    const preview = await invoke("preview-change", change("preview-change", { priceId: yearly }));
    const { token } = bodyOf(preview);
    expect(await invoke("change-plan", change("change", { priceId: yearly, token }))).toMatchObject({
      statusCode: 200,
    });
    for (const [name, path] of [
      ["cancel-subscription", "cancel"],
      ["resume-subscription", "resume"],
    ] as const) {
      expect(await invoke(name, change(path, {}))).toMatchObject({ statusCode: 200 });
    }
  });

  it("reconcile queues what the ledger lacks", async () => {
    await world.local.query("delete from billing.stripe_events where type = 'product.created'");
    expect(await invoke("reconcile", {})).toBeNull();
    expect(sqs.getDepth(eventsQueue().name).visible).toBeGreaterThan(0);
  });

  it("the account is read", async () => {
    expect(await invoke("read-account", {})).toBeNull();
    const [found] = await world.local.query("select public.mirror_is_complete() as complete");
    expect(found).toEqual({ complete: true });
  });

  it("the relay works off the outbox", async () => {
    await world.local.query(
      "insert into billing.outbox (source_id, kind, object_id) values ('evt_1', 'dispute_opened', 'du_1')",
    );
    expect(await invoke("relay-notices", {})).toBeNull();
    // What else is there may be due later.
    const [notice] = await world.local.query(
      "select sent_at is not null as done from billing.outbox where source_id = 'evt_1'",
    );
    expect(notice).toEqual({ done: true });
  });
});
