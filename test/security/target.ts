import { request as httpRequest } from "node:http";
import { enabledEvents } from "@turnpike/core/mirror";
import { expect, vi } from "vitest";
import { type Person, startWorld, WAIT, type World } from "../world.ts";

/** Where customers see the product, as far as the system under attack knows. */
export const SITE = "https://app.example.com";

export const FORM = { "content-type": "application/x-www-form-urlencoded" };
export const JSON_TYPE = { "content-type": "application/json" };

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** The system under attack, a customer of it, and somebody who is up to no good. */
export interface Target {
  world: World;
  ada: Person;
  mallory: Person;
  /** A price that may be sold, in mode `payment`, and one in mode `subscription`. */
  credits: string;
  proMonthly: string;
  /** A checkout session of Ada's. */
  adasSession: string;
}

export const bearer = (person: Person) => ({ authorization: `Bearer ${person.accessToken}` });

export async function startTarget(): Promise<Target> {
  const world = await startWorld({ environment: { SITE_URL: SITE } });
  const [ada, mallory] = await Promise.all([world.signUp(), world.signUp()]);
  const [credits, proMonthly] = await Promise.all([world.priceOf("credits_1000"), world.priceOf("pro_monthly")]);
  const target = { world, ada, mallory, credits: credits.id, proMonthly: proMonthly.id, adasSession: "" };
  const opened = await buy(target, ada);
  expect(opened, world.lines.join("\n")).toMatchObject({ status: 303 });
  const adasSession = /cs_\w+/.exec(String(opened.headers.location))?.[0] ?? "";
  await settle(world);
  return { ...target, adasSession };
}

const buy = ({ world, proMonthly }: Omit<Target, "adasSession">, person: Person) =>
  send(world, "POST", "/api/checkout_sessions", { ...FORM, ...bearer(person) }, `price_id=${proMonthly}`);

/** Sends a request byte for byte: `fetch` would tidy up what is wrong with it. Headers as a list may occur twice. */
export function send(
  { url }: Pick<World, "url">,
  method: string,
  path: string,
  headers: Record<string, string> | [name: string, value: string][] = {},
  body: string | Buffer = "",
): Promise<Answer> {
  const bytes = Buffer.from(body);
  const { hostname, port, host } = new URL(url);
  const pairs = Array.isArray(headers) ? headers : Object.entries(headers);
  const given = new Set(pairs.map(([name]) => name.toLowerCase()));
  const all = [
    ...(given.has("host") ? [] : [["host", host]]),
    ...pairs,
    ...(bytes.length > 0 ? [["content-length", String(bytes.length)]] : []),
  ];
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, method, path, headers: all.flat(), agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => {
        const { statusCode: status = 0, headers } = response;
        resolve({ status, headers, body: Buffer.concat(chunks).toString() });
      });
    });
    request.on("error", reject);
    request.end(bytes);
  });
}

export const sendJson = (world: World, path: string, body: unknown, headers: Record<string, string> = {}) =>
  send(world, "POST", path, { ...JSON_TYPE, ...headers }, typeof body === "string" ? body : JSON.stringify(body));

/** What is sold in `POST /api/stripe/create-checkout`, as an honest page asks for it. */
export const purchase = ({ credits }: Target) => ({
  priceId: credits,
  successUrl: `${SITE}/success`,
  cancelUrl: `${SITE}/pricing`,
  mode: "payment",
});

/** That a request was refused, in our shape and with nothing of what happened inside. */
export function expectRefusal({ status, headers, body }: Answer, expected: number, code: string): void {
  const answer: unknown = JSON.parse(body);
  expect({ status, answer }).toEqual({
    status: expected,
    answer: { error: expect.any(String), code, requestId: expect.any(String) },
  });
  expect(body).not.toMatch(/stack|postgres|stripe error|zod|unexpected token|sqlstate|node_modules|\.ts:/i);
  expect(headers["access-control-allow-origin"]).toBeUndefined();
  expect(headers.location).toBeUndefined();
}

/** Waits until what happened at Stripe is in the database. */
export async function settle({ stripe, local }: World): Promise<void> {
  const listed = await stripe.events.list({ limit: 100 });
  const ids = listed.data.flatMap(({ id, type }) => ((enabledEvents as string[]).includes(type) ? id : []));
  await vi.waitFor(async () => {
    expect(local.getQueueDepth("StripeEvents")).toMatchObject({ visible: 0, inFlight: 0 });
    const [ledger] = await local.query<{ n: number }>(
      "select count(*)::int as n from billing.stripe_events where id = any($1)",
      [ids],
    );
    expect(ledger?.n).toBe(ids.length);
  }, WAIT);
}

/** Does it, and sees to it that neither Stripe nor the database is other than before. */
export async function untouched(target: Target, attack: () => Promise<void>): Promise<void> {
  await settle(target.world);
  const before = await traces(target);
  await attack();
  expect(await traces(target)).toEqual(before);
}

async function traces({ world: { stripe, local } }: Target) {
  const [events, sessions, customers] = await Promise.all([
    stripe.events.list({ limit: 1 }),
    stripe.checkout.sessions.list({ limit: 1 }),
    stripe.customers.list({ limit: 1 }),
  ]);
  const tables = await local.query<{ name: string }>(
    "select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('public', 'billing') order by 1",
  );
  // What the relay notes about its attempts it may note at any moment, whatever an attacker does.
  const row = (name: string) =>
    name === "billing.outbox" ? "row(source_id, kind, object_id, created_at)::text" : "t::text";
  const hash = (name: string) =>
    `select '${name}' as name, md5(coalesce(string_agg(${row(name)}, '' order by ${row(name)}), '')) from ${name} t`;
  return {
    stripe: [events, sessions, customers].map(({ data }) => data[0]?.id),
    rows: await local.query(tables.map(({ name }) => hash(name)).join(" union all ")),
  };
}
