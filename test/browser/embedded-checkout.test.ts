import type { Browser } from "playwright-core";
import { beforeAll, expect, it, vi } from "vitest";
import { cookiesOf, DECLINED, payWithCard, sellPlan, VISA } from "../visitor.ts";
import { WAIT, type World } from "../world.ts";
import { openSite } from "./site.ts";

const site = openSite();
let world: World;
let browser: Browser;
beforeAll(() => {
  ({ world, browser } = site);
});

/** A page of the product's own, as docs/checkout-options.md shows it. */
const shopPage = (purchase: object) => `<!doctype html><title>Shop</title><div id="checkout"></div>
<script src="/c/stripe.js"></script>
<script>(async () => {
  const headers = { "content-type": "application/json" };
  const body = ${JSON.stringify(JSON.stringify(purchase))};
  const answer = await (await fetch("/api/stripe/create-checkout", { method: "POST", headers, body })).json();
  if (answer.url) location.assign(answer.url);
  else (await Stripe("pk_test_shop").createEmbeddedCheckoutPage({ fetchClientSecret: async () => answer.clientSecret })).mount("#checkout");
})();</script>`;

it("a page of the product's own shows Checkout to who is signed in: a declined card says so, a good one pays, and the purchase is theirs", async () => {
  const { priceId } = await sellPlan(world, "Within");
  const person = await world.signUp();
  const context = await browser.newContext({ baseURL: world.url });
  await context.addCookies(cookiesOf(person, world.url));
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const body = shopPage({
    priceId,
    mode: "subscription",
    page: "embedded",
    successUrl: `${world.url}/success?session_id={CHECKOUT_SESSION_ID}`,
    cancelUrl: `${world.url}/pricing`,
  });
  await page.route("**/shop", (route) => route.fulfill({ contentType: "text/html", body }));

  await page.goto("/shop");
  const checkout = page.frameLocator("iframe");
  await payWithCard(checkout, DECLINED);
  await checkout.getByText("Your card was declined. Try another one.").first().waitFor();
  expect(new URL(page.url()).pathname).toBe("/shop");
  const subscribed = () =>
    world.local.query(
      `select s.status, s.price_id from user_subscriptions s join customers c on c.id = s.customer_id where c.user_id = $1`,
      [person.id],
    );
  expect(await subscribed()).toEqual([]);

  await payWithCard(checkout, VISA);
  await page.waitForURL(/\/success\?session_id=cs_/);
  await page.getByRole("heading", { name: "Thank you, you are all set" }).waitFor();
  await page.getByText("Within", { exact: true }).waitFor();
  await page.getByText("$19.00").first().waitFor();
  await vi.waitFor(async () => expect(await subscribed()).toEqual([{ status: "active", price_id: priceId }]), WAIT);

  // Who comes back to it has a plan, and is led to the portal: that is never embedded.
  await page.goto("/shop");
  await page.waitForURL(/\/p\/session\//);
}, 60_000);
