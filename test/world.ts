import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServerClient, serializeCookieHeader } from "@supabase/ssr";
import { createClient } from "@supabase/supabase-js";
import { createStripe } from "@turnpike/core/stripe";
import { createServiceClient } from "@turnpike/core/supabase";
import { type Local, type LocalOptions, startLocal } from "@turnpike/local";
import { shareBuiltStacks } from "@turnpike/local/testing";
import Stripe from "stripe";
import { expect, inject, vi } from "vitest";
import { id } from "./builders.ts";
import { expectDocumented } from "./documented.ts";
import { findLeaks } from "./security/leaks.ts";

/** A person with a session, as a browser or another program would hold it. */
export interface Person {
  id: string;
  email: string;
  accessToken: string;
  /** The `cookie` header of `@supabase/ssr`. */
  cookie: string;
}

export type World = Awaited<ReturnType<typeof startWorld>>;

/** The whole system on a free port, with everything that its log said. `npm start` and its data on disk: crash and mixes. */
export async function startWorld(options: LocalOptions = {}) {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "turnpike-"));
  const lines: string[] = [];
  const local: Local = await startLocal({
    environment: { PATH: process.env.PATH ?? "", ...options.environment },
    port: 0,
    web: false,
    watch: false,
    schedules: false,
    inMemory: true,
    stacks: await shareBuiltStacks(inject("builtStacks")),
    log: (source, line) => lines.push(`${source} ${line}`),
    ...options,
    dataDir,
  });
  const { url, settings } = local;
  // An account that has been read: else pages say that they do not know yet what their visitors have.
  if (options.web)
    await local.query(
      "insert into billing.completeness select object, now(), 0, 0 from billing.mirrored on conflict do nothing",
    );
  const supabaseUrl = settings.supabase.url;
  const { publishableKey, secretKey } = settings.supabase;
  const stripe = createStripe({ secretKey: settings.stripe.secretKey, apiBase: url });
  const admin = createServiceClient({ url: supabaseUrl, secretKey });

  return {
    local,
    url,
    lines,
    stripe,
    admin,
    dataDir,

    async signUp(email = `${id("user")}@example.com`): Promise<Person> {
      const jar = new Map<string, string>();
      const client = createServerClient(supabaseUrl, publishableKey, {
        cookies: {
          getAll: () => [...jar].map(([name, value]) => ({ name, value })),
          setAll: (cookies) => {
            for (const { name, value } of cookies) jar.set(name, value);
          },
        },
      });
      const { data, error } = await client.auth.signUp({ email, password: "correct horse battery" });
      if (error || !data.user || !data.session) throw error ?? new Error("no session after sign-up");
      const cookie = [...jar].map(([name, value]) => serializeCookieHeader(name, value, {}).split(";")[0]).join("; ");
      return { id: data.user.id, email, accessToken: data.session.access_token, cookie };
    },

    /** supabase-js as this person: row-level security applies. */
    as: (person: Person) =>
      createClient(supabaseUrl, publishableKey, {
        accessToken: async () => person.accessToken,
      }),

    /** The answer is as docs/openapi.json says, or the test fails. */
    async request(method: string, path: string, headers: Record<string, string> = {}, body?: string | FormData) {
      const init = { method, headers, redirect: "manual", ...(body !== undefined && { body }) } as const;
      const answer = await fetch(url + path, init);
      await expectDocumented(method, path, answer);
      return answer;
    },

    /** Delivers an event as Stripe would; the signature is real. */
    async deliver(payload: string, secret = settings.stripe.webhookSecret, contentType = "application/json") {
      const signature = Stripe.webhooks.generateTestHeaderString({ payload, secret });
      const answer = await fetch(`${url}/api/webhooks/stripe`, {
        method: "POST",
        headers: { "content-type": contentType, "stripe-signature": signature },
        body: payload,
      });
      await expectDocumented("POST", "/api/webhooks/stripe", answer);
      return answer;
    },

    /** Pays a session on Stripe's page, as its form does. */
    async pay(checkoutUrl: string, fields: Record<string, string> = {}) {
      const page = await fetch(checkoutUrl);
      expect(page.status).toBe(200);
      return fetch(checkoutUrl, {
        method: "POST",
        redirect: "manual",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({
          email: "buyer@example.com",
          card_number: "4242 4242 4242 4242",
          exp: "12 / 34",
          cvc: "123",
          name: "Ada Lovelace",
          // Nothing is taxed there.
          country: "US",
          state: "OR",
          postal_code: "97201",
          ...fields,
        }),
      });
    },

    async priceOf(lookupKey: string): Promise<Stripe.Price> {
      const { data } = await stripe.prices.list({ lookup_keys: [lookupKey], expand: ["data.product"] });
      const [price] = data;
      if (!price) throw new Error(`The demo catalogue has no price ${lookupKey}`);
      await vi.waitFor(async () => {
        const row = await admin.from("prices").select("id").eq("id", price.id).maybeSingle();
        expect(row.data).not.toBeNull();
      }, WAIT);
      return price;
    },

    /** Ends it, and searches all that it logged: no test may leave a secret or an e-mail there. */
    async close() {
      await local.close();
      if (!options.dataDir) rmSync(dataDir, { recursive: true, force: true });
      expect(findLeaks(lines, neverLogged(settings))).toEqual([]);
    },
  };
}

/** What no line may hold, by name. */
export const neverLogged = ({ stripe, supabase }: Local["settings"]): Record<string, string> => ({
  "Stripe key": stripe.secretKey,
  "webhook secret": stripe.webhookSecret,
  "Supabase key": supabase.secretKey,
  "signing key": String(supabase.signingKey.d),
  "checkout address": "/c/pay/",
  "portal address": "/p/session/",
  signature: "v1=",
  "e-mail": "@example.com",
  "session cookie": "auth-token",
  // {"alg": in base64, with which ours begin, and what every token has in its middle. The three letters alone are in many an id.
  token: "eyJhbGciOi",
  "claims of a token": ".eyJ",
});

/** Webhooks take their way through the queue; this is how long a test gives them. */
export const WAIT = { timeout: 20_000, interval: 100 };
