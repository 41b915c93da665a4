import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { customer, event, product, subscription } from "../../builders.ts";
import { expectRefusal, JSON_TYPE, send, settle, type Target, untouched } from "../target.ts";

const PATH = "/api/webhooks/stripe";
// Stripe's own libraries take a signature for five minutes: https://docs.stripe.com/webhooks/signature
const TOLERANCE_SECONDS = 300;

const now = () => Math.floor(Date.now() / 1000);
const hmac = (secret: string, text: string) => createHmac("sha256", secret).update(text).digest("hex");

export function webhook(target: () => Target): void {
  const secret = () => target().world.local.settings.stripe.webhookSecret;
  const sign = (body: string, at = now(), key = secret()) => hmac(key, `${at}.${body}`);
  const honest = (fields: object = {}) => JSON.stringify({ ...event("product.created", product(), now()), ...fields });
  const post = (body: string | Buffer, ...signatures: string[]) =>
    send(
      target().world,
      "POST",
      PATH,
      [
        ["content-type", JSON_TYPE["content-type"]],
        ...signatures.map((signature): [string, string] => ["stripe-signature", signature]),
      ],
      body,
    );
  const ledger = (id: string) =>
    target().world.local.query<{ outcome: string }>("select outcome from billing.stripe_events where id = $1", [id]);

  describe("an event that Stripe did not sign", () => {
    it("is refused, whatever its signature looks like", async () => {
      const body = honest();
      const [t, valid, old] = [now(), sign(body), now() - TOLERANCE_SECONDS - 5];
      const forgeries: [what: string, ...signatures: string[]][] = [
        ["none"],
        ["empty", ""],
        ["without a time", `v1=${valid}`],
        ["without a signature", `t=${t}`],
        ["of another secret", `t=${t},v1=${sign(body, t, "whsec_other")}`],
        ["of an empty secret", `t=${t},v1=${sign(body, t, "")}`],
        ["of the Stripe key", `t=${t},v1=${sign(body, t, target().world.local.settings.stripe.secretKey)}`],
        ["of another time", `t=${t + 1},v1=${valid}`],
        ["of another body", `t=${t},v1=${sign(honest())}`],
        ["over the body alone", `t=${t},v1=${hmac(secret(), body)}`],
        ["of scheme v0 only", `t=${t},v0=${valid}`],
        ["of scheme v2 only", `t=${t},v2=${valid}`],
        ["of no scheme", `t=${t},${valid}`],
        ["cut short", `t=${t},v1=${valid.slice(0, -1)}`],
        ["made longer", `t=${t},v1=${valid}0`],
        ["in base64", `t=${t},v1=${Buffer.from(valid, "hex").toString("base64")}`],
        ["in capitals", `t=${t},v1=${valid.toUpperCase()}`],
        ["five minutes old", `t=${old},v1=${sign(body, old)}`],
        ["of time zero", `t=0,v1=${sign(body, 0)}`],
        ["of a time before time", `t=-1,v1=${sign(body, -1)}`],
        ["old, with a second time", `t=${old},t=${t},v1=${sign(body, old)}`],
        ["a thousand wrong ones", `t=${t}${",v1=00".repeat(1000)}`],
        ["in two headers, neither right", `t=${t},v1=00`, `t=${t},v1=11`],
        ["of __proto__", `t=${t},__proto__=${valid}`],
      ];
      await untouched(target(), async () => {
        for (const [what, ...signatures] of forgeries) {
          const answer = await post(body, ...signatures);
          expect({ what, status: answer.status }).toEqual({ what, status: 400 });
          expectRefusal(answer, 400, "invalid_signature");
        }
      });
    });

    it("is refused when one byte of it, or its encoding, is other than what was signed", async () => {
      const body = honest({ padding: "ü" });
      const signature = `t=${now()},v1=${sign(body)}`;
      const changed: (string | Buffer)[] = [
        `${body} `,
        ` ${body}`,
        body.slice(0, -1),
        body.replace("product.created", "product.updated"),
        body.replace("ü", "u\u0308"),
        `\ufeff${body}`,
        Buffer.from(body, "latin1"),
        Buffer.from(body, "utf16le"),
        Buffer.from(body).toString("base64"),
        Buffer.from(body).map((byte, index) => (index === 20 ? byte ^ 1 : byte)) as Buffer,
        JSON.stringify(JSON.parse(body), null, 2),
        "",
        "x".repeat(5 * 1024 * 1024),
      ];
      await untouched(target(), async () => {
        for (const other of changed) expectRefusal(await post(other, signature), 400, "invalid_signature");
      });
    });

    it("is refused when what is signed is no event", async () => {
      await untouched(target(), async () => {
        const odd = [
          "{",
          "not json",
          "[]",
          "null",
          "7",
          "{}",
          honest({ id: 7 }),
          honest({ id: "\0" }),
          honest({ type: null }),
        ];
        const times = [undefined, null, "2026-01-01", 1e15, -1e12, 1.5].map((created) => honest({ created }));
        for (const body of [...odd, ...times, honest({ data: null }), honest({ api_version: "\0" })]) {
          expectRefusal(await post(body, `t=${now()},v1=${sign(body)}`), 400, "invalid_event");
        }
      });
    });

    it("is told from a thin event, which is signed as well, and changes nothing that it does not name", async () => {
      await untouched(target(), async () => {
        const body = honest({ object: "v2.core.event", created: "2026-11-01T00:00:00.000Z" });
        expect((await post(body, `t=${now()},v1=${sign(body)}`)).status).toBe(200);
      });
    });
  });

  describe("an event that Stripe did sign", () => {
    it("is taken when one of two signatures is right, as while a secret is rolled", async () => {
      const t = now();
      const body = honest();
      expect((await post(body, `t=${t},v1=${"0".repeat(64)},v1=${sign(body, t)},v0=x`)).status).toBe(200);
    });

    it("is taken as the bytes that were signed, though API Gateway hands them over in base64", async () => {
      const body = honest();
      const headers = { "stripe-signature": `t=${now()},v1=${sign(body)}` }; // without a content type
      expect((await send(target().world, "POST", PATH, headers, body)).status).toBe(200);
    });

    it("is applied once when it is replayed a hundred times, and told once", async () => {
      const replayed = event("customer.subscription.trial_will_end", subscription(), now());
      const body = JSON.stringify(replayed);
      const signature = `t=${now()},v1=${sign(body)}`;
      const answers = await Promise.all(Array.from({ length: 100 }, () => post(body, signature)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      await settle(target().world);
      expect(await ledger(replayed.id)).toEqual([{ outcome: "applied" }]);
      const told = await target().world.local.query("select kind from billing.outbox where source_id = $1", [
        replayed.id,
      ]);
      expect(told).toEqual([{ kind: "trial_will_end" }]);
      await untouched(target(), async () => {
        expect((await post(body, signature)).status).toBe(200);
        await settle(target().world);
      });
    });

    it("about a connected account is none of ours: its owner cannot give our users what we sell", async () => {
      const { mallory } = target();
      const theirs = customer({ metadata: { user_id: mallory.id } });
      const account = { account: "acct_somebody_else" };
      await untouched(target(), async () => {
        for (const body of [
          JSON.stringify({ ...event("customer.created", theirs, now()), ...account }),
          JSON.stringify({
            ...event("customer.subscription.created", subscription({ customer: theirs.id }), now()),
            ...account,
          }),
          JSON.stringify({ ...event("product.created", product(), now()), ...account }),
        ]) {
          expect((await post(body, `t=${now()},v1=${sign(body)}`)).status).toBe(200);
        }
        await settle(target().world);
      });
      const { data } = await target().world.as(mallory).rpc("has_active_subscription");
      expect(data).toBe(false);
    });

    it("names its type and object as it likes, and reaches nothing but its row", async () => {
      const types = ["__proto__", "constructor", "toString", "hasOwnProperty", "", "product.created.x"];
      await untouched(target(), async () => {
        for (const type of types) {
          const body = honest({ type });
          expect((await post(body, `t=${now()},v1=${sign(body)}`)).status).toBe(200);
        }
        await settle(target().world);
      });
    });
  });
}
