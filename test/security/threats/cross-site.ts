import { describe, expect, it } from "vitest";
import { expectRefusal, FORM, JSON_TYPE, purchase, SITE, send, type Target, untouched } from "../target.ts";

const FOREIGN: [name: string, value: string][][] = [
  [],
  [["origin", "https://evil.example"]],
  [["origin", "null"]],
  [["origin", ""]],
  [["origin", `${SITE}.evil.example`]],
  [["origin", `${SITE}:8443`]],
  [["origin", SITE.replace("https", "http")]],
  [["origin", `${SITE}/`]],
  [["origin", SITE.toUpperCase()]],
  [["origin", "https://sub.app.example.com"]],
  [
    ["origin", "https://evil.example"],
    ["sec-fetch-site", "same-origin"],
  ],
  [
    ["origin", SITE],
    ["origin", "https://evil.example"],
  ],
  [["sec-fetch-site", "cross-site"]],
  [["sec-fetch-site", "same-site"]],
  [["sec-fetch-site", "none"]],
  [["sec-fetch-site", "same-origin, cross-site"]],
  [["referer", `${SITE}/pricing`]],
  [["x-forwarded-host", "app.example.com"]],
  [["x-requested-with", "XMLHttpRequest"]],
];

// What a foreign page's form or a fetch without a preflight can send.
const SIMPLE_TYPES = ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", ""];

export function crossSite(target: () => Target): void {
  const attacks = () => {
    const { proMonthly } = target();
    const json = JSON.stringify(purchase(target()));
    return [
      { path: "/api/checkout_sessions", type: FORM["content-type"], body: `price_id=${proMonthly}` },
      { path: "/api/stripe/create-checkout", type: JSON_TYPE["content-type"], body: json },
      { path: "/api/subscriptions/change", type: JSON_TYPE["content-type"], body: `{"priceId":"${proMonthly}"}` },
      { path: "/api/subscriptions/cancel", type: JSON_TYPE["content-type"], body: "{}" },
      { path: "/api/subscriptions/resume", type: JSON_TYPE["content-type"], body: "{}" },
      { path: "/api/stripe/create-portal", type: JSON_TYPE["content-type"], body: `{"returnUrl":"${SITE}"}` },
    ];
  };

  describe("cross-site requests", () => {
    it("with the user's cookie do nothing, whatever page they come from", async () => {
      const { world, ada } = target();
      await untouched(target(), async () => {
        for (const { path, type, body } of attacks()) {
          for (const from of FOREIGN) {
            const headers: [string, string][] = [["cookie", ada.cookie], ["content-type", type], ...from];
            const answer = await send(world, "POST", path, headers, body);
            expect({ path, from, status: answer.status }).toEqual({ path, from, status: 403 });
            expectRefusal(answer, 403, "cross_site_request");
          }
        }
      });
    });

    it("cannot pass JSON off as a form", async () => {
      const { world, ada } = target();
      await untouched(target(), async () => {
        for (const { path, body } of attacks().slice(1)) {
          for (const type of SIMPLE_TYPES) {
            for (const cookie of ["", ada.cookie]) {
              const headers = { cookie, origin: SITE, ...(type && { "content-type": type }) };
              const answer = await send(world, "POST", path, headers, body);
              if (!cookie && path !== "/api/stripe/create-checkout") expectRefusal(answer, 401, "unauthenticated");
              else expectRefusal(answer, 415, "unsupported_media_type");
            }
          }
        }
      });
    });

    it("get no leave to read an answer, nor one by a preflight", async () => {
      const { world, ada } = target();
      for (const { path, type } of attacks()) {
        const asked = await send(world, "OPTIONS", path, {
          origin: "https://evil.example",
          "access-control-request-method": "POST",
          "access-control-request-headers": "authorization,content-type",
        });
        const answered = await send(world, "POST", path, { cookie: ada.cookie, origin: SITE, "content-type": type });
        for (const { headers } of [asked, answered]) {
          expect(Object.keys(headers).filter((name) => name.startsWith("access-control-"))).toEqual([]);
        }
      }
    });

    it("from our own pages go through", async () => {
      const { world, ada } = target();
      const [{ path, body, type } = { path: "", body: "", type: "" }] = attacks();
      for (const [name, value] of [
        ["origin", SITE],
        ["sec-fetch-site", "same-origin"],
      ] as const) {
        const headers = { cookie: ada.cookie, "content-type": type, [name]: value };
        const answer = await send(world, "POST", path, headers, body);
        expect(answer.status).toBe(303);
      }
    });
  });
}
