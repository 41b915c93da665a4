import type { JsonWebKey } from "node:crypto";
import type { Message } from "@aws-sdk/client-sqs";
import { createStripe } from "@turnpike/core/stripe";
import { createServiceClient } from "@turnpike/core/supabase";
import type { LocalQueue } from "@turnpike/local/testing/aws";
import { inject } from "vitest";
import type { StripeRequest } from "./lending.ts";

/** The parts that run beside the tests, see lending.ts. Each call to `lend` gives an empty one. */

async function ask<Answer>(part: string, input: object = {}): Promise<Answer> {
  const worker = Number(process.env.VITEST_POOL_ID);
  const lenders = inject("parts");
  const response = await fetch(`${lenders[worker % lenders.length]}/${part}/${worker}`, {
    method: "POST",
    body: JSON.stringify(input),
  });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as Answer;
}

export type LentSupabase = Awaited<ReturnType<typeof lendSupabase>>;

/** Supabase, empty, with this repository's migrations applied. */
export async function lendSupabase() {
  const connection = await ask<{
    url: string;
    publishableKey: string;
    secretKey: string;
    signingKey: JsonWebKey & { kid?: string };
  }>("supabase");
  return {
    ...connection,
    client: createServiceClient(connection),
    /** Raw SQL as the owner. */
    query: <Row = object>(sql: string, params: unknown[] = []) => ask<Row[]>("query", { sql, params }),
    close: async () => {},
  };
}

export type LentStripe = Awaited<ReturnType<typeof lendStripe>>;

/** A Stripe without any object. */
export async function lendStripe() {
  const { apiBase } = await ask<{ apiBase: string }>("stripe");
  async function control(path: string, body: object): Promise<void> {
    const headers = { authorization: "Bearer sk_test_emulator", "content-type": "application/json" };
    const answer = await fetch(`${apiBase}/_emulator/${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(await answer.text());
  }
  return {
    apiBase,
    stripe: createStripe({ secretKey: "sk_test_emulator", apiBase }),
    /** Something that goes wrong on demand: see the emulator's README. */
    fault: (fault: { kind: string; times?: number; ms?: number; match?: string }) => control("faults", fault),
    /** What an account's owner sets in Stripe's dashboard. */
    setDashboard: (change: { tax?: boolean; terms?: boolean; portal?: boolean }) => control("dashboard", change),
    /** What it was asked by such a call, in order. */
    asked: async (call: string) => (await ask<StripeRequest[]>("requests")).filter((request) => request.call === call),
  };
}

/** A queue without messages. */
export async function lendQueue() {
  const queue = await ask<LocalQueue & { endpoint: string }>("queue");
  return { ...queue, receive: () => ask<Message[]>("receive", { url: queue.url }) };
}
