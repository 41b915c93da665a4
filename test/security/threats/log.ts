import { describe, expect, it, vi } from "vitest";
import { event, product } from "../../builders.ts";
import { neverLogged, type Person, WAIT } from "../../world.ts";
import { findLeaks } from "../leaks.ts";
import { bearer, FORM, purchase, SITE, send, sendJson, settle, type Target } from "../target.ts";
import { storedSession } from "./sessions.ts";

// Stands in every place of a request that somebody else fills.
const MARKER = "zanzibar";

/** What no line may hold, by name. */
function secretsOf({ world, ada, mallory }: Target): Record<string, string> {
  return {
    ...neverLogged(world.local.settings),
    body: MARKER,
    ...personal("Ada", ada),
    ...personal("Mallory", mallory),
  };
}

const personal = (name: string, person: Person) => ({
  [`${name}'s e-mail`]: person.email,
  [`${name}'s access token`]: person.accessToken.split(".").at(-1) ?? "",
  [`${name}'s refresh token`]: String(storedSession(person).stored.refresh_token),
  [`${name}'s cookie`]: storedSession(person).value.slice(0, 100),
});

/** The last of the threats: what all of them together have left in the log. */
export function log(target: () => Target, output: () => string[]): void {
  describe("the log", () => {
    const everything = () => [...target().world.lines, ...output()];

    it("holds no secret and nothing personal after a whole story, its mistakes and all the attacks", async () => {
      const { world, ada } = target();
      const buyer = await world.signUp();
      const query = `?${MARKER}=${encodeURIComponent(ada.email)}&token=${ada.accessToken}`;
      const headers = { ...bearer(buyer), "user-agent": MARKER, "x-custom": MARKER, referer: `${SITE}/${MARKER}` };
      const opened = await sendJson(
        world,
        `/api/stripe/create-checkout${query}`,
        { ...purchase(target()), successUrl: `${SITE}/${MARKER}?email=${ada.email}`, [MARKER]: MARKER },
        headers,
      );
      const { url } = JSON.parse(opened.body) as { url: string };
      await world.pay(url, { name: MARKER, email: buyer.email });
      await world.pay(url, { card_number: "4000 0000 0000 0002" });
      const id = /cs_\w+/.exec(url)?.[0];
      expect((await send(world, "GET", `/api/checkout_sessions/${id}${query}`, headers)).status).toBe(200);
      const portal = await sendJson(world, "/api/stripe/create-portal", { returnUrl: `${SITE}/${MARKER}` }, headers);
      expect(portal.status).toBe(200);
      const cookies = { cookie: `${MARKER}=1; ${buyer.cookie}`, origin: `https://${MARKER}.example` };
      const body = JSON.stringify(event("product.created", product({ name: `${MARKER} ${ada.email}` }), 1_790_000_000));
      const poison = event("product.updated", { id: "prod_1", created: `${MARKER}\n    at ${ada.email}` }, 1);
      for (const answer of [
        await send(world, "POST", "/api/checkout_sessions", { ...FORM, ...cookies }, `price_id=${MARKER}`),
        await send(world, "POST", "/api/checkout_sessions", { ...FORM, ...headers }, `price_id=price_${MARKER}`),
        await sendJson(world, "/api/stripe/create-checkout", `{"${MARKER}": ${ada.email}`, headers),
        await sendJson(world, "/api/stripe/create-portal", { returnUrl: `https://${MARKER}.example` }, headers),
        await sendJson(
          world,
          "/api/stripe/create-portal",
          {},
          { authorization: `Bearer ${MARKER}.${MARKER}.${MARKER}` },
        ),
        await send(world, "POST", "/api/webhooks/stripe", { "stripe-signature": `t=1,v1=${MARKER}` }, body),
      ]) {
        expect(answer.status).toBeGreaterThanOrEqual(400);
      }
      expect((await world.deliver(body)).status).toBe(200);
      await settle(world);
      expect((await world.deliver(JSON.stringify(poison))).status).toBe(200);
      await vi.waitFor(() => expect(everything().join("\n")).toContain(`"eventId":"${poison.id}"`), WAIT);

      const log = everything();
      expect(log.join("\n")).toContain('"message":"request"');
      expect(findLeaks(log, { ...secretsOf(target()), ...personal("The buyer", buyer), page: url })).toEqual([]);
    });

    it("would be found out, had it held any of them in whatever form", () => {
      const log = everything();
      for (const [name, secret] of Object.entries(secretsOf(target()))) {
        for (const line of [
          `x ${secret} y`,
          JSON.stringify({ quoted: `"${secret}"` }),
          `/path?a=${encodeURIComponent(secret)}`,
          Buffer.from(`${secret} and more`).toString("base64url"),
        ]) {
          expect(findLeaks([...log, line], secretsOf(target()))).toContain(name);
        }
      }
    });
  });
}
