import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import {
  bearer,
  expectRefusal,
  FORM,
  JSON_TYPE,
  purchase,
  SITE,
  send,
  sendJson,
  type Target,
  untouched,
} from "../target.ts";

const CHECKOUT = "/api/stripe/create-checkout";
const PORTAL = "/api/stripe/create-portal";
const FORM_CHECKOUT = "/api/checkout_sessions";
const KB = 1024;

export function malformed(target: () => Target): void {
  describe("bodies", () => {
    it("that are no JSON, or no JSON of ours, are refused before anything happens", async () => {
      const { world, ada } = target();
      const honest = JSON.stringify(purchase(target()));
      const bodies: [string, string | Buffer][] = [
        ["half of it", honest.slice(0, -5)],
        ["twice", honest + honest],
        ["with a byte order mark", `\ufeff${honest}`],
        ["in UTF-16", Buffer.from(honest, "utf16le")],
        ["compressed", gzipSync(honest)],
        ["in base64", Buffer.from(honest).toString("base64")],
        ["a NUL byte", "\0"],
        ["with NUL bytes in it", honest.replaceAll(",", "\0,")],
        ["bytes that are no UTF-8", Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
        ["as a form", new URLSearchParams(purchase(target())).toString()],
        ["with a comment", `/* */${honest}`],
        ["NaN", "NaN"],
        ["a list", `[${honest}]`],
        ["a text", JSON.stringify(honest)],
        ["30,000 lists deep", "[".repeat(30_000) + "]".repeat(30_000)],
        ["10,000 objects deep", `${'{"a":'.repeat(9_000)}1${"}".repeat(9_000)}`],
        ["deep where a text should be", `{"priceId":${"[".repeat(30_000)}${"]".repeat(30_000)}}`],
        ["30,000 fields", `{${Array.from({ length: 6_000 }, (_, i) => `"f${i}":1`).join()}}`],
        ["a long number", `{"priceId":${"9".repeat(60_000)}}`],
      ];
      await untouched(target(), async () => {
        for (const [what, body] of bodies) {
          for (const path of [CHECKOUT, PORTAL]) {
            const answer = await send(world, "POST", path, { ...JSON_TYPE, ...bearer(ada) }, body);
            expect({ what, status: answer.status }).toEqual({ what, status: 400 });
            expectRefusal(answer, 400, "invalid_request");
          }
        }
      });
    });

    it("that are too large are refused unread: deep ones, wide ones, encoded ones", async () => {
      const { world, ada } = target();
      const bodies = [
        `{"priceId":"${"x".repeat(64 * KB)}"}`,
        "[".repeat(100_000) + "]".repeat(100_000),
        `${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`,
        " ".repeat(2 * KB * KB),
      ];
      await untouched(target(), async () => {
        for (const body of bodies) {
          for (const [path, type] of [
            [CHECKOUT, "application/json"],
            [PORTAL, "application/json; charset=utf-8"],
            [PORTAL, "application/vnd.api+json"],
            [FORM_CHECKOUT, FORM["content-type"]],
            [FORM_CHECKOUT, "multipart/form-data; boundary=x"],
          ] as const) {
            const answer = await send(world, "POST", path, { "content-type": type, ...bearer(ada) }, body);
            expectRefusal(answer, 413, "payload_too_large");
          }
        }
      });
    });

    it("that say they are encoded are taken as they are, and never unpacked", async () => {
      const { world, ada } = target();
      const bomb = gzipSync("x".repeat(50 * KB * KB)); // 50 MB in 50 KB
      await untouched(target(), async () => {
        for (const encoding of ["gzip", "br", "deflate", "base64", "x, gzip"]) {
          for (const [path, type] of [
            [CHECKOUT, "application/json"],
            [FORM_CHECKOUT, FORM["content-type"]],
          ] as const) {
            const headers = { "content-type": type, "content-encoding": encoding, ...bearer(ada) };
            const answer = await send(world, "POST", path, headers, bomb);
            expect([400, 413]).toContain(answer.status);
          }
        }
      });
    });

    it("of a form that is none, or is half of one, are refused", async () => {
      const { world, ada } = target();
      const multipart = "multipart/form-data; boundary=x";
      const bodies: [type: string, body: string, status: number][] = [
        [multipart, "", 400],
        [multipart, "--x", 400],
        [multipart, '--x\r\ncontent-disposition: form-data; name="price_id"\r\n\r\nprice_1', 400],
        [multipart, '--y\r\ncontent-disposition: form-data; name="price_id"\r\n\r\nprice_1\r\n--y--\r\n', 400],
        ["multipart/form-data", "--x\r\n\r\n--x--", 400],
        ["multipart/form-data; boundary=", "--\r\n----", 400],
        [`multipart/form-data; boundary=${"x".repeat(500)}`, "--x", 400],
        ["multipart/form-data; boundary=\u00e9", "--x", 400],
        [multipart, `${'--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n'.repeat(600)}--x--\r\n`, 400],
        [FORM["content-type"], "%", 400],
        [FORM["content-type"], "price_id=%00", 400],
        [FORM["content-type"], "price_id=%ff%fe", 400],
        [FORM["content-type"], "price_id=price_%00", 400],
        [FORM["content-type"], "&".repeat(30_000), 400],
        [`${FORM["content-type"]}, text/html`, "price_id", 400],
        ["application/x-www-form-urlencodedx", "price_id=price_1", 415],
        ["text/html; application/x-www-form-urlencoded", "price_id=price_1", 415],
      ];
      await untouched(target(), async () => {
        for (const [type, body, status] of bodies) {
          const answer = await send(world, "POST", FORM_CHECKOUT, { "content-type": type, ...bearer(ada) }, body);
          expect({ type, body: body.slice(0, 80), status: answer.status }).toEqual({
            type,
            body: body.slice(0, 80),
            status,
          });
          expectRefusal(answer, status, status === 400 ? "invalid_request" : "unsupported_media_type");
        }
      });
    });

    it("that reach for prototypes change no object but themselves", async () => {
      const { world, ada, credits, proMonthly } = target();
      const fields = JSON.stringify({
        ...purchase(target()),
        price_id: proMonthly,
        returnUrl: SITE,
        allowedOrigins: ["x"],
      });
      const bodies = [
        `{"__proto__":${fields}}`,
        `{"constructor":{"prototype":${fields}}}`,
        `{"\\u005f_proto__":${fields}}`,
        `{"a":{"__proto__":${fields}}}`,
        `{"prototype":${fields}}`,
      ];
      const form = `__proto__[price_id]=${proMonthly}&constructor.prototype.price_id=${proMonthly}&__proto__=${proMonthly}`;
      await untouched(target(), async () => {
        for (let round = 0; round < 3; round++) {
          for (const body of bodies) {
            expectRefusal(
              await sendJson(world, `${CHECKOUT}?__proto__[priceId]=${credits}`, body),
              400,
              "invalid_request",
            );
            expectRefusal(await sendJson(world, PORTAL, body, bearer(ada)), 400, "invalid_request");
          }
          const answer = await send(world, "POST", FORM_CHECKOUT, { ...FORM, ...bearer(ada) }, form);
          expectRefusal(answer, 400, "invalid_request");
          // Were Object.prototype changed, the empty one would have a price now.
          expectRefusal(await sendJson(world, CHECKOUT, "{}"), 400, "invalid_request");
        }
      });
    });
  });

  describe("methods and paths", () => {
    const ROUTES = [CHECKOUT, PORTAL, FORM_CHECKOUT, "/api/webhooks/stripe"];
    const METHODS = ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"];

    it("other than the route's do nothing, also where a header or field pretends otherwise", async () => {
      const { world, ada, proMonthly } = target();
      const pretend = { "x-http-method-override": "POST", "x-http-method": "POST", "x-method-override": "POST" };
      await untouched(target(), async () => {
        for (const path of [...ROUTES, "/api/health"]) {
          for (const method of path === "/api/health" ? ["POST", "DELETE"] : METHODS) {
            const headers = { ...FORM, ...pretend, ...bearer(ada) };
            const body = method === "TRACE" || method === "HEAD" ? "" : `_method=POST&price_id=${proMonthly}`;
            const answer = await send(world, method, `${path}?_method=POST&price_id=${proMonthly}`, headers, body);
            const expected = method === "OPTIONS" ? 204 : 405;
            expect({ path, method, status: answer.status }).toEqual({ path, method, status: expected });
          }
        }
      });
    });

    it("that only look like a route's lead nowhere", async () => {
      const { world, ada, proMonthly } = target();
      const paths = [
        "/api//checkout_sessions",
        "/api/checkout_sessions/",
        "/API/checkout_sessions",
        "/api/./checkout_sessions",
        "/api/stripe/../checkout_sessions",
        "/api/checkout_sessions;a=b",
        "/api/checkout%5fsessions",
        "/api%2fcheckout_sessions",
        "/api/checkout_sessions%00",
        "/api/checkout_sessions/x/y",
        "/api/../_emulator/reset",
        "/_emulator/reset",
        "/api/__proto__",
      ];
      await untouched(target(), async () => {
        for (const path of paths) {
          const headers = { ...FORM, ...bearer(ada) };
          const answer = await send(world, "POST", path, headers, `price_id=${proMonthly}`);
          expect({ path, refused: [400, 401, 404, 405].includes(answer.status) }).toEqual({ path, refused: true });
        }
      });
    });
  });
}
