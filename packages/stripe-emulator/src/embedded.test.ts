import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser } from "playwright-core";
import type Stripe from "stripe";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Bench, CARD, createPlan, openBench } from "./testing/bench.ts";
import { openBrowser } from "./testing/browser.ts";

let bench: Bench;
let stripe: Stripe;
let browser: Browser;
let shop: Server;
let site: string;
/** The client secret that the seller's page asks for. */
let secret: string;
beforeAll(async () => {
  [bench, browser] = await Promise.all([openBench(), openBrowser()]);
  stripe = bench.stripe;
  shop = createServer((request, response) => {
    // As strict as a site that shows Checkout may be: https://docs.stripe.com/security/guide#content-security-policy
    response.setHeader(
      "content-security-policy",
      `default-src 'none'; script-src 'self' ${bench.origin}; connect-src 'self' ${bench.origin}; frame-src ${bench.origin}`,
    );
    if (request.url === "/secret") return response.end(secret);
    if (request.url === "/shop.js") return response.setHeader("content-type", "text/javascript").end(SHOP_JS);
    if (request.url === "/elements.js") return response.setHeader("content-type", "text/javascript").end(ELEMENTS_JS);
    response.setHeader("content-type", "text/html");
    response.end(
      request.url === "/shop" ? shopPage() : request.url === "/elements" ? elementsPage() : "<h1>Thank you</h1>",
    );
  });
  await new Promise<void>((resolve) => shop.listen(0, "127.0.0.1", resolve));
  site = `http://localhost:${(shop.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await browser?.close();
  shop?.closeAllConnections();
  shop?.close();
  await bench?.close();
});

const shopPage = () =>
  `<!doctype html><div id="checkout"></div><script src="${bench.origin}/c/stripe.js"></script><script src="/shop.js"></script>`;
const SHOP_JS = `(async () => {
  const fetchClientSecret = async () => (await fetch("/secret")).text();
  const checkout = await Stripe("pk_test_shop").createEmbeddedCheckoutPage({ fetchClientSecret });
  checkout.mount("#checkout");
})();`;

const elementsPage =
  () => `<!doctype html><label>E-mail <input id="email"></label><label>Code <input id="code"></label><div id="payment"></div><button id="pay" disabled>Pay</button>
<p id="total"></p><p role="alert"></p><script src="${bench.origin}/c/stripe.js"></script><script src="/elements.js"></script>`;
/** As https://docs.stripe.com/payments/quickstart-checkout-sessions has it. */
const ELEMENTS_JS = `(async () => {
  const at = (selector) => document.querySelector(selector);
  const clientSecret = fetch("/secret").then((answer) => answer.text());
  const checkout = Stripe("pk_test_shop").initCheckoutElementsSdk({ clientSecret });
  checkout.on("change", (session) => {
    at("#pay").disabled = !session.canConfirm;
    at("#total").textContent = session.total.total.amount;
  });
  const loaded = await checkout.loadActions();
  if (loaded.type === "error") {
    at("[role=alert]").textContent = loaded.error.message;
    return;
  }
  const { actions } = loaded;
  at("#total").textContent = actions.getSession().total.total.amount;
  checkout.createPaymentElement().mount("#payment");
  at("#email").onchange = async ({ target }) => {
    const updated = await actions.updateEmail(target.value);
    if (updated.type === "error") at("[role=alert]").textContent = updated.error.message;
  };
  at("#code").onchange = async ({ target }) => {
    const applied = await actions.applyPromotionCode(target.value);
    at("[role=alert]").textContent = applied.error?.code ?? "";
  };
  at("#pay").onclick = async () => {
    at("[role=alert]").textContent = "";
    const { error } = await actions.confirm();
    at("[role=alert]").textContent = [error.message, error.code, error.paymentFailed?.declineCode].filter(Boolean).join(" ");
  };
})();`;

const embed = async (overrides: Partial<Stripe.Checkout.SessionCreateParams> = {}) =>
  stripe.checkout.sessions.create({
    mode: "subscription",
    line_items: [{ price: (await createPlan(stripe)).id, quantity: 1 }],
    ui_mode: "embedded_page",
    return_url: `${site}/success?session_id={CHECKOUT_SESSION_ID}`,
    ...overrides,
  });

test("a page of the seller's shows Checkout, and is led to return_url once it is paid, after a card that was declined", {
  timeout: 60_000,
}, async () => {
  const session = await embed();
  secret = session.client_secret ?? "";
  const page = await browser.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(`${site}/shop`);
  const frame = page.frameLocator("iframe");
  const pay = async (card: string) => {
    await frame.getByLabel("E-mail").fill("ada@example.com");
    await frame.getByLabel("Card number").fill(card);
    await frame.getByLabel("Expiry").fill(CARD.exp);
    await frame.getByLabel("Security code").fill(CARD.cvc);
    await frame.getByRole("button", { name: "Subscribe" }).click();
  };
  await pay("4000 0000 0000 0002");
  expect(await frame.getByRole("alert").textContent()).toBe("Your card was declined. Try another one.");
  await pay(CARD.card_number);
  await page.waitForURL(`${site}/success?session_id=${session.id}`);
  expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({
    status: "complete",
    payment_status: "paid",
  });

  // Who comes back to a page that shows what is paid is led on again.
  await page.goto(`${site}/shop`);
  await page.waitForURL(`${site}/success?session_id=${session.id}`);
  await page.close();
});

// https://docs.stripe.com/js/custom_checkout
test("a page of the seller's draws Checkout by Elements: what is declined is said and the session stays open, what is paid leads to return_url", {
  timeout: 60_000,
}, async () => {
  const coupon = await stripe.coupons.create({ amount_off: 500, currency: "eur", duration: "once" });
  await stripe.promotionCodes.create({ code: "FIVE", promotion: { type: "coupon", coupon: coupon.id } });
  const session = await embed({ ui_mode: "elements", allow_promotion_codes: true });
  expect(session).toMatchObject({ ui_mode: "elements", url: null });
  secret = session.client_secret ?? "";
  const page = await browser.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(`${site}/elements`);
  await page.getByText("€15.00").waitFor();
  const alert = page.getByRole("alert");
  const frame = page.frameLocator("iframe");
  await page.getByLabel("E-mail").fill("ada");
  await page.getByLabel("E-mail").blur();
  await alert.getByText("Your email is invalid.").waitFor();
  // The button waits for the session that can be confirmed.
  await page.getByLabel("E-mail").fill("ada@example.com");
  await page.getByLabel("E-mail").blur();
  await page.getByLabel("Code").fill("SIX");
  await page.getByLabel("Code").blur();
  await alert.getByText("invalidCode").waitFor();
  await page.getByLabel("Code").fill("FIVE");
  await page.getByLabel("Code").blur();
  await page.getByText("€10.00").waitFor();
  const pay = async (card: string) => {
    await frame.getByLabel("Card number").fill(card);
    await frame.getByLabel("Expiry").fill(CARD.exp);
    await frame.getByLabel("Security code").fill(CARD.cvc);
    await page.getByRole("button", { name: "Pay" }).click();
  };
  const status = async () => (await stripe.checkout.sessions.retrieve(session.id)).status;
  await pay("4000 0000 0000 9995");
  await alert.getByText("Your card has insufficient funds. paymentFailed insufficient_funds").waitFor();
  await pay("4242 4242 4242 4241");
  await alert.getByText("Your card number is invalid. Use one of the test numbers.").waitFor();
  await pay("4000 0025 0000 3155");
  await frame.getByRole("button", { name: "Fail" }).click();
  await alert.getByText("We are unable to authenticate your payment method.").waitFor();
  const confirm = async (expected: string) => {
    const body = new URLSearchParams({ ...CARD, email: "ada@example.com", expected_amount: expected });
    return (await fetch(`${bench.origin}/c/elements/${secret}`, { method: "POST", body })).json();
  };
  // Nobody pays another amount than the page knew of.
  expect(await confirm("1500")).toMatchObject({ error: { message: expect.stringContaining("The total has changed") } });
  expect(await status()).toBe("open");
  await pay(CARD.card_number);
  await page.waitForURL(`${site}/success?session_id=${session.id}`);
  const paid = await stripe.checkout.sessions.retrieve(session.id);
  expect(paid).toMatchObject({ status: "complete", payment_status: "paid", amount_total: 1000 });
  expect(paid.customer_details?.email).toBe("ada@example.com");
  const told = bench.received.map(({ body }) => JSON.parse(body) as Stripe.Event);
  const completed = told.filter(
    ({ type, data }) => type === "checkout.session.completed" && "id" in data.object && data.object.id === session.id,
  );
  expect(completed).toHaveLength(1);

  // What is paid is not paid again.
  expect(await confirm("1000")).toEqual({
    error: { message: "This Checkout Session is complete.", code: null },
  });

  await page.goto(`${site}/elements`);
  // What this Stripe.js has no more, and what the emulator lacks, is refused by its name.
  const refusals = await page.evaluate(async () => {
    const { Stripe: open } = globalThis as unknown as {
      Stripe: (key: string) => Record<string, (of?: object) => object>;
    };
    const stripe = open("pk_test_shop");
    const clientSecret = "cs_test_1_secret_1";
    const checkout = stripe.initCheckoutElementsSdk?.({ clientSecret }) as Record<string, (of?: string) => object>;
    const said = [
      () => stripe.initCheckout?.({ clientSecret }),
      () => stripe.initCheckoutElementsSdk?.({ clientSecret, defaultValues: {} }),
      () => checkout.createExpressCheckoutElement?.(),
    ].map((call) => {
      try {
        return call();
      } catch (error) {
        return String(error);
      }
    });
    return [...said, await checkout.loadActions?.()];
  });
  expect(refusals).toEqual([
    "IntegrationError: stripe.initCheckout() is now stripe.initCheckoutElementsSdk().",
    "IntegrationError: initCheckoutElementsSdk({ defaultValues }) is not modelled by this emulator yet.",
    "IntegrationError: checkout.createExpressCheckoutElement is not modelled by this emulator yet.",
    { type: "error", error: { message: "No such Checkout Session.", code: null } },
  ]);
  await page.close();
});

test("an embedded session is reached by its client secret alone", async () => {
  const { id, client_secret: own, url } = await embed();
  expect({ url, own }).toEqual({ url: null, own: expect.stringMatching(new RegExp(`^${id}_secret_\\w{20,}$`)) });
  const status = async (path: string) => (await fetch(`${bench.origin}${path}`)).status;
  expect(await status(`/c/pay/${id}`)).toBe(404);
  expect(await status(`/c/embedded/${id}`)).toBe(404);
  expect(await status(`/c/embedded/${id}_secret_guessed`)).toBe(404);
  expect(await status(`/c/embedded/${own}`)).toBe(200);
  expect((await stripe.checkout.sessions.list({ limit: 1 })).data).toMatchObject([{ id, client_secret: own }]);
  expect(await status(`/c/elements/${own}`)).toBe(404);
  expect(await status(`/c/elements/${own}/session`)).toBe(404);
  await stripe.checkout.sessions.expire(id);
  expect(await status(`/c/embedded/${own}`)).toBe(410);
});

test("hosted pages stay out of frames, and have no client secret", async () => {
  const hosted = await stripe.checkout.sessions.create({
    mode: "subscription",
    line_items: [{ price: (await createPlan(stripe)).id, quantity: 1 }],
    success_url: site,
  });
  expect(hosted).toMatchObject({ ui_mode: "hosted_page", client_secret: null });
  const policyOf = async (url: string | null) => (await fetch(url ?? "")).headers.get("content-security-policy");
  expect(await policyOf(hosted.url)).toContain("frame-ancestors 'none'");
  const { client_secret: own } = await embed();
  expect(await policyOf(`${bench.origin}/c/embedded/${own}`)).not.toContain("frame-ancestors");
});

test("addresses that do not go with the page are refused", async () => {
  for (const [overrides, param] of [
    [{ success_url: "https://a.example" }, "success_url"],
    [{ cancel_url: "https://a.example" }, "cancel_url"],
    [{ return_url: undefined }, "return_url"],
    [{ return_url: "nowhere" }, "return_url"],
    [{ ui_mode: "hosted_page", success_url: "https://a.example" }, "return_url"],
    [{ ui_mode: "embedded" }, "ui_mode"],
    [{ ui_mode: "elements", success_url: "https://a.example" }, "success_url"],
    [{ ui_mode: "elements", cancel_url: "https://a.example" }, "cancel_url"],
    [{ ui_mode: "elements", redirect_on_completion: "always" }, "redirect_on_completion"],
    [{ ui_mode: "elements", submit_type: "subscribe" }, "submit_type"],
    [{ ui_mode: "elements", return_url: undefined }, "return_url"],
    [{ ui_mode: "custom" }, "ui_mode"],
  ] as [object, string][]) {
    await expect(embed(overrides)).rejects.toMatchObject({ statusCode: 400, param });
  }
});
