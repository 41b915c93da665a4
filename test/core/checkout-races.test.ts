import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { openCheckout } from "@turnpike/core/checkout";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { forwardClock } from "../parts/clock.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { SITE } from "../parts/lambda.ts";
import { standBefore, standBeforeSupabase } from "../parts/proxy.ts";
import { createShop, type Shop } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
let shop: Shop;
let starter: string;
let pro: string;
beforeAll(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
  shop = createShop(supabase, lent);
  starter = (await shop.sell("monthly")).id;
  pro = (await shop.sell("monthly")).id;
});

type User = Awaited<ReturnType<Shop["newUser"]>>;
let user: User;
beforeEach(async () => {
  user = await shop.newUser();
});

const open = (priceId: string, fields: object = {}, billing: object = {}) =>
  openCheckout({ ...shop.billing, ...billing }, user, shop.purchase(priceId, fields));
const customers = async () => (await lent.stripe.customers.list({ email: user.email })).data;
const openSessions = async () => {
  const lists = (await customers()).map(({ id }) =>
    lent.stripe.checkout.sessions.list({ customer: id, status: "open" }),
  );
  return (await Promise.all(lists)).flatMap(({ data }) => data);
};
const subscriptions = async () => {
  const lists = (await customers()).map(({ id }) => lent.stripe.subscriptions.list({ customer: id, status: "all" }));
  return (await Promise.all(lists)).flatMap(({ data }) => data);
};
const idIn = (url: string) => url.match(/cs_\w+/)?.[0] ?? "";
const lease = (payer = `user:${user.id}`) =>
  supabase.client.rpc("begin_sale", { payer, token: randomUUID() }).then(({ data }) => data);
const IN_PROGRESS = { name: "BillingError", code: "sale_in_progress" };

describe("two requests at once", () => {
  it("of any mix of prices and pages end with one customer and one page that can be paid, and no error", async () => {
    const wishes = [() => open(starter), () => open(pro), () => open(pro, { successUrl: `${SITE}/elsewhere` })];
    const answers = await Promise.allSettled(Array.from({ length: 8 }, (_, click) => wishes[click % 3]?.()));
    const refused = answers.flatMap((answer) => (answer.status === "rejected" ? [answer.reason] : []));
    expect(refused.filter(({ code }) => code !== IN_PROGRESS.code)).toEqual([]); // when this machine is slow
    expect(refused.length).toBeLessThan(8);
    expect(await customers()).toHaveLength(1);
    expect(await openSessions()).toHaveLength(1);
  }, 60_000);

  it("wait for each other, and not for another payer", async () => {
    const stranger = await shop.newUser();
    expect(await lease(`user:${stranger.id}`)).toBe(true);
    expect(await open(pro)).toContain("/c/pay/");
    expect(await lease()).toBe(true);
    const waiting = open(starter);
    expect(await Promise.race([waiting.then(() => "sold"), sleep(1_500, "waits")])).toBe("waits");
    await supabase.query("delete from billing.sales_in_progress where payer = $1", [`user:${user.id}`]);
    expect(await waiting).toContain("/c/pay/");
  }, 30_000);

  it("end in a refusal for whoever waits too long, who may try again", async () => {
    expect(await lease()).toBe(true);
    let asked = 0;
    const patient = await standBeforeSupabase(supabase, ({ url }) => {
      if (url?.endsWith("/begin_sale") && asked++ > 0) forwardClock(5_500);
    });
    await expect(open(pro, {}, { supabase: patient.supabase })).rejects.toMatchObject(IN_PROGRESS);
    expect(asked).toBe(3);
    expect(await openSessions()).toEqual([]);
  });
});

describe("a page that is paid while another is asked for", () => {
  it("before it could be closed: its subscription is found, and nothing else is sold", async () => {
    const first = await open(starter);
    const paying = await standBefore(lent, async ({ url }) => {
      if (url?.endsWith("/expire")) await shop.pay(first);
    });
    expect(await open(pro, {}, { stripe: paying.stripe })).toContain("/p/session/");
    expect(await subscriptions()).toHaveLength(1);
  });

  it("after it was listed: its subscription is found, and the page that is over is not answered", async () => {
    const first = await open(starter);
    const paying = await standBefore(lent, async ({ url }) => {
      if (url?.startsWith("/v1/subscriptions?") && (await subscriptions()).length === 0) await shop.pay(first);
    });
    expect(await open(starter, {}, { stripe: paying.stripe })).toContain("/p/session/");
    expect(await subscriptions()).toHaveLength(1);
  });

  it("before it was listed: its subscription is found", async () => {
    const first = await open(starter);
    const paying = await standBefore(lent, async ({ url }) => {
      if (url?.startsWith("/v1/checkout/sessions?") && (await subscriptions()).length === 0) await shop.pay(first);
    });
    expect(await open(pro, {}, { stripe: paying.stripe })).toContain("/p/session/");
    expect(await subscriptions()).toHaveLength(1);
  });

  it("and cannot be closed, for the bank is asked at this moment: nothing is opened beside it", async () => {
    const first = await open(starter);
    const asking = await standBefore(lent, ({ url }, response) => {
      if (!url?.endsWith("/expire")) return;
      response.writeHead(400, { "content-type": "application/json" });
      response.end(JSON.stringify({ error: { type: "invalid_request_error", message: "It is being paid" } }));
    });
    await expect(open(pro, {}, { stripe: asking.stripe })).rejects.toMatchObject(IN_PROGRESS);
    expect((await openSessions()).map(({ id }) => id)).toEqual([idIn(first)]);
  });

  it("or was closed by somebody else meanwhile: that is as good", async () => {
    const first = await open(starter);
    const closing = await standBefore(lent, async ({ url }) => {
      if (url?.endsWith("/expire")) await lent.stripe.checkout.sessions.expire(idIn(first));
    });
    expect(await open(pro, {}, { stripe: closing.stripe })).toContain("/c/pay/");
  });
});

describe("a sale whose process dies", () => {
  it("stands in the way for half a minute, longer than a function may run", async () => {
    expect(await lease()).toBe(true);
    const left = async () =>
      (
        await supabase.query<{ left: number }>(
          "select extract(epoch from expires_at - clock_timestamp())::float as left from billing.sales_in_progress where payer = $1",
          [`user:${user.id}`],
        )
      )[0]?.left;
    expect(await left()).toBeGreaterThan(25);
    expect(await left()).toBeLessThanOrEqual(30);
    expect(await lease()).toBe(false);
    await supabase.query("update billing.sales_in_progress set expires_at = now() where payer = $1", [
      `user:${user.id}`,
    ]);
    expect(await open(pro)).toContain("/c/pay/");
  });

  it("and comes back after its lease ran out takes nobody else's away", async () => {
    const dead = randomUUID();
    const payer = `user:${user.id}`;
    await supabase.client.rpc("begin_sale", { payer, token: dead });
    await supabase.query("update billing.sales_in_progress set expires_at = now() where payer = $1", [payer]);
    expect(await lease()).toBe(true);
    await supabase.client.rpc("end_sale", { payer, token: dead });
    expect(await lease()).toBe(false);
  });

  it("gives its lease back whatever happened, and one whose answer was lost may ask again", async () => {
    const closed = await standBefore(lent, ({ url, method }, response) => {
      if (method === "POST" && url === "/v1/checkout/sessions") response.writeHead(401).end("{}");
    });
    await expect(open(pro, {}, { stripe: closed.stripe })).rejects.toThrow();
    const [payer, token] = [`user:${user.id}`, randomUUID()];
    for (let time = 0; time < 2; time++)
      expect((await supabase.client.rpc("begin_sale", { payer, token })).data).toBe(true);
  });

  it("after it had made a customer leaves one that is found again", async () => {
    const dying = await standBefore(lent, ({ url }, response) => url?.startsWith("/v1/checkout/") && fail(response));
    await expect(open(pro, {}, { stripe: dying.stripe })).rejects.toThrow();
    await supabase.query("delete from customers where user_id = $1", [user.id]); // it died before it could note that
    expect(await open(pro)).toContain("/c/pay/");
    expect(await customers()).toHaveLength(1);
  });

  it("after it had opened a page leaves one that is found again", async () => {
    const dying = await standBefore(lent, async (request, response) => {
      if (request.method !== "POST" || request.url !== "/v1/checkout/sessions") return;
      const { authorization = "", "content-type": type = "" } = request.headers;
      const headers = { authorization, "content-type": type };
      await fetch(lent.apiBase + request.url, { method: "POST", headers, body: await text(request) });
      fail(response);
    });
    await expect(open(pro, {}, { stripe: dying.stripe })).rejects.toThrow();
    const [left] = await openSessions();
    expect(idIn(await open(pro))).toBe(left?.id);
    expect(await openSessions()).toHaveLength(1);
  });

  it("or takes too long opens nothing any more: another may have begun", async () => {
    const slow = await standBefore(lent, ({ url }) => url?.startsWith("/v1/subscriptions?") && forwardClock(10_500));
    await expect(open(pro, {}, { stripe: slow.stripe })).rejects.toMatchObject(IN_PROGRESS);
    expect(await openSessions()).toEqual([]);
  });
});

describe("what Stripe has stored for a key locks nobody out", () => {
  it.each(["/v1/customers", "/v1/checkout/sessions"])(
    "a failure inside Stripe at %s: the same click buys",
    async (match) => {
      let isFirst = true;
      const failing = await standBefore(lent, async ({ method, url }) => {
        if (method !== "POST" || url !== match || !isFirst) return;
        isFirst = false;
        await lent.fault({ kind: "error_500_kept", match });
      });
      expect(await open(pro, {}, { stripe: failing.stripe })).toContain("/c/pay/");
      expect(isFirst).toBe(false);
      expect(await openSessions()).toHaveLength(1);
    },
    30_000,
  );

  it("a customer who was deleted since", async () => {
    await open(pro);
    const [first] = await customers();
    await lent.stripe.customers.del(first?.id ?? "");
    expect(await open(pro)).toContain("/c/pay/"); // no event has come
    const again = await customers();
    expect(again).toHaveLength(1);
    expect(again[0]?.id).not.toBe(first?.id);
  });
});

describe("a customer who is given to another payer", () => {
  const ownerOf = async (url: string) => {
    const { customer } = await lent.stripe.checkout.sessions.retrieve(idIn(url));
    return (await supabase.query<{ user_id: string }>("select user_id from customers where id = $1", [customer]))[0]
      ?.user_id;
  };
  const giveAway = async () => {
    const object_id = (await customers())[0]?.id ?? "";
    return supabase.client.rpc("assign_purchase", { object_id, user_id: (await shop.newUser()).id });
  };

  it("is not sold on, though Stripe still answers the payer's key with that one", async () => {
    expect(await ownerOf(await open(pro))).toBe(user.id);
    expect((await giveAway()).data).toBe(true);
    expect(await ownerOf(await open(pro))).toBe(user.id);
  });

  it("while a page is opened is not sold on: that page is told to nobody", async () => {
    const { stripe } = await standBefore(lent, async ({ method, url }) => {
      if (method === "POST" && url === "/v1/checkout/sessions") await giveAway();
    });
    await expect(open(pro, {}, { stripe })).rejects.toMatchObject(IN_PROGRESS);
    expect(await ownerOf(await open(pro))).toBe(user.id);
  });
});

/** An answer that says nothing of what was done. */
function fail(response: ServerResponse): void {
  response.writeHead(500, { "content-type": "application/json", "stripe-should-retry": "false" }).end("{}");
}
