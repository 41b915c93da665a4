import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runMigrations, StripeSync } from "@stripe/sync-engine";

const SECRET_KEY = "sk_test_never_used";
const silent = { info() {}, warn() {}, error() {} };

// It tells the console of each event that it drops as too old: no news here, and the telling would count as its time.
const { warn } = console;
console.warn = (...words) => String(words[0]).startsWith("[upsert]") || warn(...words);

export async function createEngine(
  url,
  connections,
  webhookSecret,
  { stripeUrl, asksStripe = false, apiVersion } = {},
) {
  const engine = await StripeSync.create({
    poolConfig: { connectionString: url, max: connections, idleTimeoutMillis: 0 },
    stripeSecretKey: SECRET_KEY,
    // Else it asks Stripe which account it is.
    stripeAccountId: "acct_1LkdIwHu7ixBench",
    stripeWebhookSecret: webhookSecret,
    stripeApiVersion: apiVersion,
    autoExpandLists: false,
    backfillRelatedEntities: false,
    revalidateObjectsViaStripeApi: asksStripe ? ["subscription", "invoice"] : [],
    logger: silent,
  });
  if (stripeUrl) aimAt(engine.stripe, new URL(stripeUrl));
  quieten(engine.postgresClient.pool);
  return {
    processEvent: (event) => engine.webhook.processEvent(event),
    processWebhook: (payload, signature) => engine.webhook.processWebhook(payload, signature),
    close: () => engine.postgresClient.pool.end(),
  };
}

/**
 * It makes its tables from Stripe's OpenAPI document, which it downloads, or reads from a file: here one with the fields that
 * the workload's payloads have.
 * @param {Record<string, object>} samples a payload of each kind of object
 */
export async function migrate(url, samples) {
  const dir = mkdtempSync(join(tmpdir(), "turnpike-bench-spec-"));
  const openApiSpecPath = join(dir, "spec3.json");
  try {
    writeFileSync(openApiSpecPath, JSON.stringify(specOf(samples)));
    await runMigrations({ databaseUrl: url, stripeApiVersion: "2026-10-28", openApiSpecPath, logger: silent });
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function specOf(samples) {
  const schemas = Object.fromEntries(
    Object.entries(samples).map(([name, payload]) => [
      name,
      {
        "x-resourceId": name,
        type: "object",
        properties: Object.fromEntries(Object.entries(payload).map(([field, value]) => [field, schemaOf(value)])),
      },
    ]),
  );
  return { openapi: "3.0.0", info: { version: "2026-10-28" }, components: { schemas } };
}

function schemaOf(value) {
  if (Array.isArray(value)) return { type: "array" };
  const type = { boolean: "boolean", number: "integer", object: "object" }[typeof value];
  return { type: value === null || !type ? "string" : type, nullable: true };
}

/** Its client has no setting for another host. */
function aimAt(stripe, { protocol, hostname, port }) {
  stripe._setApiField("protocol", protocol.slice(0, -1));
  stripe._setApiField("host", hostname);
  stripe._setApiField("port", port);
}

/** An idle connection that the server ends, when the benchmark is interrupted, is no error. */
function quieten(pool) {
  return pool.on("error", () => {});
}
