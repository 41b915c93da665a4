import type { JsonWebKey } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { type Message, ReceiveMessageCommand } from "@aws-sdk/client-sqs";
import { getRequestListener } from "@hono/node-server";
import { startTestSupabase, type TestSupabase } from "@turnpike/local/testing";
import { startSqs } from "@turnpike/local/testing/aws";
import { createStripeEmulator, type StripeEmulator } from "@turnpike/stripe-emulator";
import { emptying } from "../emptying.ts";

/**
 * The parts that tests talk to. They are started once and lent out, one of a kind to each of vitest's workers: a Postgres takes a
 * second to start, and is emptied in milliseconds.
 */

const { MIGRATIONS_DIR: migrationsDir } = process.env;
type Supabase = Promise<TestSupabase & { signingKey: JsonWebKey & { kid?: string } }>;
const supabases = new Map<string, { version: string; started: Supabase }>();
const stripes = new Map<string, ReturnType<typeof startStripe>>();
const sqs = startSqs(undefined, "us-east-1");

export const answers: Record<string, (worker: string, input: never) => Promise<unknown>> = {
  /** Supabase with all tables empty. */
  async supabase(worker) {
    const version = readMigrations();
    const known = supabases.get(worker);
    const started = known?.version === version ? known.started : startSupabase();
    supabases.set(worker, { version, started });
    if (known && known.started !== started) await known.started.then(({ close }) => close()).catch(() => {});
    const { query, close: _, ...connection } = await started;
    await query(EMPTY);
    return connection;
  },

  async query(worker, { sql, params }: { sql: string; params: unknown[] }) {
    return (await supabases.get(worker)?.started)?.query(sql, params);
  },

  /** A Stripe without any object. */
  async stripe(worker) {
    await (await stripes.get(worker))?.close();
    const started = startStripe();
    stripes.set(worker, started);
    return { apiBase: (await started).apiBase };
  },

  /** What that Stripe was asked, in order. */
  requests: async (worker) => (await stripes.get(worker))?.requests,

  /** A queue without messages, on SQS's own protocol. */
  async queue() {
    const name = `queue-${crypto.randomUUID()}`;
    const { endpoint, createQueues } = await sqs;
    return { endpoint, ...createQueues([{ name, attributes: {} }])[name] };
  },

  /** What waits in a queue, which is empty then. */
  async receive(_worker, { url }: { url: string }) {
    const { client } = await sqs;
    const messages: Message[] = [];
    for (;;) {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({ QueueUrl: url, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ["All"] }),
      );
      if (Messages.length === 0) return messages;
      messages.push(...Messages);
    }
  },
};

const EMPTY = emptying(`
  select oid from pg_class
  where relkind = 'r' and relnamespace in ('public'::regnamespace, 'billing'::regnamespace) and relname not in ('mirrored', 'settings')
  union all select 'auth.users'::regclass`);

/** What Stripe was asked. */
export interface StripeRequest {
  /** As in `POST /v1/customers`. */
  call: string;
  params: Record<string, string>;
  idempotencyKey: string | null;
}

/** Other migrations than this repository's, where there are any: those change from mutant to mutant. */
function readMigrations(): string {
  if (!migrationsDir) return "";
  return readdirSync(migrationsDir)
    .map((name) => readFileSync(join(migrationsDir, name), "utf8"))
    .join();
}

async function startSupabase() {
  const { privateKey } = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
    "verify",
  ]);
  const { kty, crv, x, y, d } = await crypto.subtle.exportKey("jwk", privateKey);
  const signingKey = { kty, crv, x, y, d, kid: crypto.randomUUID(), alg: "ES256", use: "sig" };
  const options = migrationsDir ? { migrationsDir, snapshotDir: undefined } : {};
  const started = await startTestSupabase({ signingKey, ...options } as object).catch((error) => {
    throw new Error(`The migrations do not apply: ${error}`);
  });
  return { ...started, signingKey };
}

async function startStripe() {
  const requests: StripeRequest[] = [];
  let emulator: StripeEmulator | undefined;
  const answer = getRequestListener((request) => emulator?.fetch(request) ?? new Response(null, { status: 503 }));
  const server = createServer(async (incoming, outgoing) => {
    // Read here once: a request that is cloned, so that it is read twice, takes as long again.
    const rawBody = await buffer(incoming).catch(() => undefined);
    if (!rawBody) return; // whoever asked is gone
    const { method, url = "" } = incoming;
    const { pathname, search } = new URL(url, "http://stripe");
    requests.push({
      call: `${method} ${pathname}`,
      params: Object.fromEntries(new URLSearchParams(method === "GET" ? search : rawBody.toString())),
      idempotencyKey: incoming.headers["idempotency-key"]?.toString() ?? null,
    });
    await answer(Object.assign(incoming, { rawBody }), outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const apiBase = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  emulator = createStripeEmulator({ publicUrl: apiBase, settleDelayMs: 700 });
  return {
    apiBase,
    requests,
    async close() {
      server.closeAllConnections();
      server.close();
      await emulator?.close();
    },
  };
}
