import { describe, expect, it } from "vitest";
import type { Person } from "../../world.ts";
import { bearer, expectRefusal, FORM, purchase, SITE, send, sendJson, type Target, untouched } from "../target.ts";
import { badTokens, expire, readToken } from "../tokens.ts";

const TOKENS = ["bearer", "cookie"] as const;

/** The session in a person's cookie, and the cookie with some of it changed. */
export function storedSession({ cookie }: Person) {
  const [, name = "", value = ""] = /(sb-[\w-]+-auth-token)=base64-([\w-]+)/.exec(cookie) ?? [];
  const stored: Record<string, unknown> = JSON.parse(Buffer.from(value, "base64url").toString());
  const encode = (session: unknown) => `base64-${Buffer.from(JSON.stringify(session)).toString("base64url")}`;
  return { name, stored, value, encode, write: (fields: object) => `${name}=${encode({ ...stored, ...fields })}` };
}

export function sessions(target: () => Target): void {
  const portal = (headers: Record<string, string>) =>
    sendJson(target().world, "/api/stripe/create-portal", { returnUrl: SITE }, headers);
  const checkout = (headers: Record<string, string>) =>
    sendJson(target().world, "/api/stripe/create-checkout", purchase(target()), headers);
  const form = (headers: Record<string, string>) =>
    send(target().world, "POST", "/api/checkout_sessions", { ...FORM, ...headers }, `price_id=${target().proMonthly}`);
  const status = (headers: Record<string, string>) =>
    send(target().world, "GET", `/api/checkout_sessions/${target().adasSession}`, headers);

  describe.each(TOKENS)("forged sessions in a %s", (via) => {
    it("act for nobody, whatever is wrong with the token", async () => {
      const { world, ada } = target();
      const { write } = storedSession(ada);
      await untouched(target(), async () => {
        for (const [what, token] of badTokens(ada, world.local.settings.supabase.signingKey)) {
          const headers: Record<string, string> =
            via === "bearer"
              ? { authorization: `Bearer ${token}` }
              : { cookie: write({ access_token: token, refresh_token: "forged" }), origin: SITE };
          // Where guests are welcome, too: whoever shows a session is none.
          for (const route of [portal, form, status, checkout]) {
            const answer = await route(headers);
            expect({ what, body: answer.body }).toEqual({ what, body: expect.stringContaining("unauthenticated") });
            expectRefusal(answer, 401, "unauthenticated");
          }
        }
      });
    });
  });

  describe("cookies", () => {
    it("that are no session of this project are nobody's", async () => {
      const { ada } = target();
      const { name, value, stored, encode } = storedSession(ada);
      const half = Math.ceil(value.length / 2);
      const deep = `${'{"user":'.repeat(1000)}1${"}".repeat(1000)}`;
      const cookies = [
        `${name}=`,
        `${name}=base64-`,
        `${name}=base64-!!!`,
        `${name}=${encode(null)}`,
        `${name}=${encode([])}`,
        `${name}=${encode("text")}`,
        `${name}=${encode({})}`,
        `${name}=${encode({ access_token: {}, refresh_token: [] })}`,
        `${name}=base64-${Buffer.from(deep).toString("base64url")}`,
        `${name}=base64-${Buffer.from('{"__proto__":{"access_token":"x","refresh_token":"y","expires_at":9e9}}').toString("base64url")}`,
        `${name}=base64-${Buffer.from([0xff, 0xfe, 0x00]).toString("base64url")}`,
        `sb-other-auth-token=${encode(stored)}`,
        `${name.toUpperCase()}=${encode(stored)}`,
        `__Host-${name}=${encode(stored)}`,
        // The pieces of a session that was too large for one cookie.
        `${name}.0=base64-${value.slice(0, half)}`,
        `${name}.1=${value.slice(half)}`,
        `${name}.1=base64-${value.slice(0, half)}; ${name}.2=${value.slice(half)}`,
        `${name}.0=${value.slice(half)}; ${name}.1=base64-${value.slice(0, half)}`,
        `${name}.0=base64-${value.slice(0, half)}; ${name}.2=${value.slice(half)}`,
        `${name}.-1=base64-${value}`,
        `${name}-code-verifier=${value}`,
        `${name}.0=${"x".repeat(7000)}`,
        Array.from({ length: 200 }, (_, chunk) => `${name}.${chunk}=x`).join("; "),
        Array.from({ length: 1000 }, () => "a=b").join("; "),
      ];
      await untouched(target(), async () => {
        for (const cookie of cookies) {
          const answer = await portal({ cookie, origin: SITE });
          expect({ cookie, status: answer.status }).toEqual({ cookie, status: 401 });
          expectRefusal(answer, 401, "unauthenticated");
        }
      });
    });

    it("act for the user of their token, not for the one that they name beside it", async () => {
      const { ada, mallory, world } = target();
      const own = storedSession(mallory);
      const cookie = own.write({ user: storedSession(ada).stored.user });
      expectRefusal(await status({ cookie, origin: SITE }), 404, "not_found");
      const opened = await form({ cookie, origin: SITE });
      const id = /cs_\w+/.exec(String(opened.headers.location))?.[0] ?? "";
      expect((await world.stripe.checkout.sessions.retrieve(id)).client_reference_id).toBe(mallory.id);
    });

    it("whose expired token is somebody else's are refreshed to whoever owns the refresh token", async () => {
      const { ada, world } = target();
      const trudy = await world.signUp();
      const { stored } = storedSession(ada);
      const access_token = expire(ada.accessToken, world.local.settings.supabase.signingKey);
      const cookie = storedSession(trudy).write({ access_token, user: stored.user });
      const opened = await form({ cookie, origin: SITE });
      const id = /cs_\w+/.exec(String(opened.headers.location))?.[0] ?? "";
      expect((await world.stripe.checkout.sessions.retrieve(id)).client_reference_id).toBe(trudy.id);
      expect(String(opened.headers["set-cookie"])).not.toContain(access_token);
    });

    it("are not needed and not looked at beside a Bearer token", async () => {
      const { ada, mallory } = target();
      expectRefusal(await status({ ...bearer(mallory), cookie: ada.cookie, origin: SITE }), 404, "not_found");
      const broken = { authorization: "Bearer broken", cookie: ada.cookie, origin: SITE };
      expectRefusal(await status(broken), 401, "unauthenticated");
    });
  });

  describe("headers", () => {
    it("that come twice, or claim a user, make nobody somebody", async () => {
      const { world, ada, mallory } = target();
      const path = `/api/checkout_sessions/${target().adasSession}`;
      const { sub } = readToken(ada.accessToken).claims;
      const lists: [string, string][][] = [
        [
          ["authorization", `Bearer ${mallory.accessToken}`],
          ["authorization", `Bearer ${ada.accessToken}`],
        ],
        [["authorization", `Basic ${Buffer.from(`${ada.email}:x`).toString("base64")}`]],
        [["authorization", "Bearer"]],
        [["authorization", `Bearer ${ada.accessToken} x`]],
        [["x-authorization", `Bearer ${ada.accessToken}`]],
        [["apikey", world.local.settings.supabase.secretKey]],
        [
          ["x-user-id", String(sub)],
          ["x-forwarded-user", ada.email],
          ["x-amzn-oidc-identity", String(sub)],
          ["x-amzn-request-context", JSON.stringify({ authorizer: { jwt: { claims: { sub } } } })],
        ],
        [
          ["__proto__", `Bearer ${ada.accessToken}`],
          ["constructor", "x"],
        ],
      ];
      for (const headers of lists) {
        const answer = await send(world, "GET", path, headers);
        expect({ headers, refused: [401, 404].includes(answer.status) }).toEqual({ headers, refused: true });
      }
    });

    it("are read whatever their case", async () => {
      const { world, ada } = target();
      const path = `/api/checkout_sessions/${target().adasSession}`;
      const answer = await send(world, "GET", path, [["AUTHORIZATION", `bearer ${ada.accessToken}`]]);
      expect(answer.status).toBe(200);
    });
  });
}
