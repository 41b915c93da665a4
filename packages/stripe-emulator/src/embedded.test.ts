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
      request.url === "/shop"
        ? shopPage()
        : request.url === "/elements"
          ? elementsPage()
          : request.url === "/bare"
            ? barePage()
            : "<h1>Thank you</h1>",
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

const barePage = () => `<!doctype html><div id="payment"></div><script src="${bench.origin}/c/stripe.js"></script>`;

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

/** A page that shows a session's Payment Element; what it calls of the checkout's actions is answered as plain data. */
async function openElements(session: Stripe.Checkout.Session) {
  const page = await browser.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(`${site}/bare`);
  await page.evaluate(async (clientSecret) => {
    // biome-ignore lint/suspicious/noExplicitAny: what Stripe.js declares is not what the emulator has of it
    const shop = globalThis as any;
    const checkout = shop.Stripe("pk_test_shop").initCheckoutElementsSdk({ clientSecret });
    checkout.createPaymentElement({ layout: "tabs" }).mount("#payment");
    shop.actions = (await checkout.loadActions()).actions;
  }, session.client_secret);
  const frame = page.frameLocator("iframe");
  return {
    page,
    frame,
    async typeCard(card = CARD.card_number) {
      await frame.getByLabel("Card number").fill(card);
      await frame.getByLabel("Expiry").fill(CARD.exp);
      await frame.getByLabel("Security code").fill(CARD.cvc);
    },
    act: (name: string, ...args: unknown[]): Promise<Record<string, unknown>> =>
      page.evaluate(
        async ([action, given]) => {
          // biome-ignore lint/suspicious/noExplicitAny: as above
          const { actions } = globalThis as any;
          try {
            return JSON.parse(JSON.stringify(await actions[action](...given)));
          } catch (error) {
            return { thrown: String(error) };
          }
        },
        [name, args] as const,
      ),
  };
}

const elementsSession = (overrides: Partial<Stripe.Checkout.SessionCreateParams> = {}) =>
  embed({ ui_mode: "elements", customer_email: "ada@example.com", ...overrides });
const SUCCESS = { type: "success", session: { status: { type: "complete", paymentStatus: "paid" } } };
const stay = { redirect: "if_required" };

// https://docs.stripe.com/js/custom_checkout/confirm
test("a checkout by Elements stays on its page where nothing redirects it, or leads to the page that confirm names", {
  timeout: 60_000,
}, async () => {
  const coupon = await stripe.coupons.create({ percent_off: 20, duration: "once" });
  await stripe.promotionCodes.create({ code: "FIFTH", promotion: { type: "coupon", coupon: coupon.id } });
  const session = await elementsSession({ allow_promotion_codes: true, customer_email: undefined });
  const { page, act, typeCard, frame } = await openElements(session);
  const total = { total: { minorUnitsAmount: 1500 }, discount: { minorUnitsAmount: 0 } };
  expect(await act("applyPromotionCode", "FIFTH")).toMatchObject({
    session: { total: { total: { minorUnitsAmount: 1200 }, discount: { minorUnitsAmount: 300 } } },
  });
  expect(await act("removePromotionCode")).toMatchObject({ type: "success", session: { total } });
  expect(await act("getSession")).toMatchObject({ total, canConfirm: false, email: null });
  expect(await act("confirm", { ...stay, email: "ada@" })).toMatchObject({
    type: "error",
    error: { message: "Your email is invalid.", code: null },
  });
  // Passed where it was asked for: in the frame.
  await typeCard("4000 0025 0000 3155");
  const confirmed = act("confirm", { ...stay, email: "grace@example.com", returnUrl: `${site}/elsewhere` });
  await frame.getByRole("button", { name: "Complete" }).click();
  expect(await confirmed).toMatchObject(SUCCESS);
  expect(page.url()).toBe(`${site}/bare`);
  expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({
    status: "complete",
    customer_details: { email: "grace@example.com" },
  });
  await page.close();

  const other = await elementsSession();
  const led = await openElements(other);
  await led.typeCard();
  // The page is left, and with it whoever waits for an answer.
  led.act("confirm", { returnUrl: `${site}/thanks?of={CHECKOUT_SESSION_ID}` }).catch(() => {});
  await led.page.waitForURL(`${site}/thanks?of=${other.id}`);
  await led.page.close();
});

test("the frame asks for address, tax id and terms where the session needs them, and the seller's page is told the tax", {
  timeout: 60_000,
}, async () => {
  const price = await createPlan(stripe, { currency: "usd", unit_amount: 1000, tax_behavior: "exclusive" });
  const session = await elementsSession({
    line_items: [{ price: price.id, quantity: 1 }],
    automatic_tax: { enabled: true },
    tax_id_collection: { enabled: true },
    consent_collection: { terms_of_service: "required" },
  });
  const { page, act, typeCard, frame } = await openElements(session);
  expect(await act("getSession")).toMatchObject({ tax: { status: "requires_billing_address" } });
  await typeCard();
  await frame.getByLabel("Country").selectOption("DE");
  const refused = async (message: string) =>
    expect(await act("confirm", stay)).toMatchObject({ error: { message: expect.stringContaining(message) } });
  await frame.getByLabel("Tax ID").fill("DE12");
  await refused("Enter a valid tax ID");
  await frame.getByLabel("Tax ID").fill("");
  await refused("Accept the terms of service");
  await frame.getByLabel("I agree to the seller's terms of service").check();
  await refused("The total has changed");
  const taxed = { total: { minorUnitsAmount: 1190 }, taxExclusive: { minorUnitsAmount: 190 } };
  expect(await act("getSession")).toMatchObject({ total: taxed, tax: { status: "ready" } });
  await frame.getByLabel("Tax ID").fill("DE123456789");
  await refused("The total has changed");
  expect(await act("confirm", stay)).toMatchObject(SUCCESS);
  expect(await stripe.checkout.sessions.retrieve(session.id)).toMatchObject({
    amount_total: 1000,
    consent: { terms_of_service: "accepted" },
    customer_details: { address: { country: "DE" }, tax_ids: [{ type: "eu_vat", value: "DE123456789" }] },
  });
  await page.close();
});

test("an expired session, and one of a customer who was deleted, are confirmed no more, nor is their discount changed", {
  timeout: 60_000,
}, async () => {
  const { id: customer } = await stripe.customers.create({ email: "gone@example.com" });
  const [expired, orphan] = [
    await elementsSession({ allow_promotion_codes: true }),
    await elementsSession({ allow_promotion_codes: true, customer, customer_email: undefined }),
  ];
  for (const [session, end, message, status] of [
    [expired, () => stripe.checkout.sessions.expire(expired.id), "This Checkout Session is expired.", "expired"],
    [orphan, () => stripe.customers.del(customer), "The customer of this Checkout Session does not exist", "open"],
  ] as const) {
    const { page, act, typeCard } = await openElements(session);
    await typeCard();
    expect(await act("getSession")).toMatchObject({ canConfirm: true });
    await end();
    const refused = { type: "error", error: { message: expect.stringContaining(message) } };
    expect(await act("confirm", stay)).toMatchObject(refused);
    expect(await act("removePromotionCode")).toMatchObject(refused);
    expect(await act("getSession")).toMatchObject({ canConfirm: false, status: { type: status } });
    await page.close();
  }
});

/** All that @stripe/stripe-js 8.6 declares of them, and the emulator has not; of Stripe itself a few. */
const LACKING = {
  actions:
    "updateShippingAddress updateBillingAddress updatePhoneNumber updateLineItemQuantity updateTaxIdInfo updateShippingOption runServerUpdate",
  checkout:
    "changeAppearance loadFonts getPaymentFormElement getBillingAddressElement getShippingAddressElement getExpressCheckoutElement getCurrencySelectorElement getTaxIdElement createPaymentFormElement createBillingAddressElement createShippingAddressElement createExpressCheckoutElement createCurrencySelectorElement createTaxIdElement",
  paymentElement: "once off update collapse blur clear focus",
  stripe: "elements confirmPayment confirmSetup createPaymentMethod createToken retrievePaymentIntent handleNextAction",
};
const OPTIONS = {
  confirm: "paymentMethod savePaymentMethod phoneNumber billingAddress shippingAddress expressCheckoutConfirmEvent",
  createPaymentElement: "fields terms wallets readOnly business defaultValues paymentMethodOrder",
  createEmbeddedCheckoutPage: "onComplete onShippingDetailsChange onLineItemsChange",
  elementsOptions: "savedPaymentMethod syncAddressCheckbox",
};

test("every other call and option of Stripe.js is refused by its name", { timeout: 60_000 }, async () => {
  const session = await elementsSession();
  const { page } = await openElements(session);
  const said = await page.evaluate(
    async ([lacking, options, clientSecret]) => {
      // biome-ignore lint/suspicious/noExplicitAny: as above
      const stripe = (globalThis as any).Stripe("pk_test_shop");
      const init = (elementsOptions: object) => stripe.initCheckoutElementsSdk({ clientSecret, elementsOptions });
      const checkout = init({});
      const { actions } = await checkout.loadActions();
      const objects = { actions, checkout, stripe, paymentElement: checkout.createPaymentElement() };
      const of = {
        confirm: actions.confirm,
        createPaymentElement: init({}).createPaymentElement,
        createEmbeddedCheckoutPage: stripe.createEmbeddedCheckoutPage,
        elementsOptions: init,
      };
      const messageOf = async (call: () => unknown) => {
        try {
          await call();
          return "taken";
        } catch (error) {
          return String(error);
        }
      };
      const told: [string, string][] = [];
      // biome-ignore lint/suspicious/noExplicitAny: as above
      for (const [name, object] of Object.entries<any>(objects))
        for (const key of lacking[name as "stripe"].split(" ")) told.push([key, await messageOf(() => object[key]())]);
      // biome-ignore lint/suspicious/noExplicitAny: as above
      for (const [name, call] of Object.entries<any>(of))
        for (const key of options[name as "confirm"].split(" "))
          told.push([key, await messageOf(() => call({ [key]: {} }))]);
      told.push(["change", await messageOf(() => objects.paymentElement.on("change", () => {}))]);
      told.push(["shipping", await messageOf(() => actions.getSession().shipping)]);
      return told;
    },
    [LACKING, OPTIONS, session.client_secret ?? ""] as const,
  );
  expect(said).toHaveLength(
    Object.values({ ...LACKING, ...OPTIONS })
      .join(" ")
      .split(" ").length + 2,
  );
  for (const [name, message] of said)
    expect(message).toMatch(new RegExp(`^IntegrationError: .*\\b${name}\\b.* is not modelled by this emulator yet`));
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
