import { describe, expect, it } from "vitest";
import { bearer, expectRefusal, purchase, SITE, send, sendJson, type Target, untouched } from "../target.ts";

const HOST = new URL(SITE).host;

// Parsers disagree about most of these: what one takes for our host is a user name, a path or a letter to the next.
const FOREIGN = [
  "https://evil.example",
  "//evil.example",
  "/\\evil.example",
  "\\\\evil.example",
  "/pricing",
  "",
  `https://${HOST}@evil.example`,
  `https://${HOST}:443@evil.example`,
  `https://${HOST}%40evil.example`,
  `https://${HOST}\\@evil.example`,
  `https://${HOST}\\.evil.example`,
  `https://${HOST}\t.evil.example`,
  `https://${HOST}\n@evil.example/`,
  `https://${HOST}.evil.example`,
  `https://${HOST}.`,
  `https://${HOST}:8443/`,
  `https://${HOST}:443:80/`,
  `https://${HOST}%2f.evil.example`,
  `https://${HOST}%00.evil.example`,
  `https://${HOST}\u0000/`,
  `http://${HOST}/`,
  `ftp://${HOST}/`,
  `https://user@${HOST}/`,
  `https://user:password@${HOST}/`,
  `https://evil.example#@${HOST}/`,
  `https://evil.example?@${HOST}/`,
  `https://evil.example\\@${HOST}/`,
  `https:${HOST}/`,
  `https:/${HOST}/`,
  `https:///${HOST}/`,
  `https:\\\\${HOST}\\`,
  `blob:https://${HOST}/x`,
  `filesystem:https://${HOST}/x`,
  `view-source:https://${HOST}/`,
  "data:text/html,<script>alert(1)</script>",
  "javascript:alert(document.domain)",
  `javascript://${HOST}/%0aalert(1)`,
  "java\nscript:alert(1)",
  " javascript:alert(1)",
  "https://аpp.example.com/", // Cyrillic
  "https://app。example。com/",
  "https://ⓐpp.example.com/",
  "https://app.example.com\ud800/",
  "https://app\u00ad.example.com/",
  `${SITE}/\r\nLocation: https://evil.example`,
  `${SITE}/ x`,
  `${SITE}/<script>`,
  `${SITE}/\u202e`,
];

/** A NUL, or half of a character. */
const NO_TEXT = /\p{Surrogate}|\0/u;

export function redirects(target: () => Target): void {
  describe("open redirects", () => {
    it.each(FOREIGN)("no answer, and no page of Stripe's, leads to %j", async (url) => {
      const { world, ada } = target();
      const code = url.trim() === "" || NO_TEXT.test(url) ? "invalid_request" : "redirect_not_allowed";
      await untouched(target(), async () => {
        for (const change of [{ successUrl: url }, { cancelUrl: url }]) {
          const body = { ...purchase(target()), ...change };
          expectRefusal(await sendJson(world, "/api/stripe/create-checkout", body), 400, code);
          expectRefusal(await sendJson(world, "/api/stripe/create-checkout", body, bearer(ada)), 400, code);
        }
        const answer = await sendJson(world, "/api/stripe/create-portal", { returnUrl: url }, bearer(ada));
        expectRefusal(answer, 400, code);
      });
    });

    it("none that Stripe would refuse for its length gets as far as Stripe", async () => {
      const body = { ...purchase(target()), successUrl: `${SITE}/${"x".repeat(5000)}` };
      await untouched(target(), async () => {
        expectRefusal(await sendJson(target().world, "/api/stripe/create-checkout", body), 400, "redirect_not_allowed");
      });
    });

    it.each([
      `${SITE}`,
      `${SITE}/`,
      `${SITE}/a?b=c#d`,
      `${SITE}?email=ada@example.com`,
      `${SITE}/%20?next=//evil.example`,
    ])("our own %s stays allowed", async (returnUrl) => {
      const { world, ada } = target();
      const answer = await sendJson(world, "/api/stripe/create-portal", { returnUrl }, bearer(ada));
      expect(answer).toMatchObject({ status: 200, body: expect.stringContaining("/p/session/") });
    });

    it("who is asked for by which name, or by whom it was forwarded, does not change where Stripe sends people", async () => {
      const { world, mallory, proMonthly } = target();
      const answer = await send(
        world,
        "POST",
        "/api/checkout_sessions?success_url=https://evil.example",
        {
          ...bearer(mallory),
          "content-type": "application/x-www-form-urlencoded",
          host: "evil.example",
          forwarded: "host=evil.example;proto=https",
          "x-forwarded-host": "evil.example",
          "x-forwarded-proto": "javascript",
          "x-original-url": "https://evil.example",
          referer: "https://evil.example/",
        },
        `price_id=${proMonthly}&success_url=https://evil.example&cancel_url=https://evil.example`,
      );
      expect(answer.status).toBe(303);
      const id = /cs_\w+/.exec(String(answer.headers.location))?.[0] ?? "";
      const session = await world.stripe.checkout.sessions.retrieve(id);
      expect(JSON.stringify([session.success_url, session.cancel_url, answer.headers])).not.toContain("evil");
      expect(session.success_url).toBe(`${SITE}/success?session_id={CHECKOUT_SESSION_ID}`);
    });
  });
}
