import { describe, expect, it } from "vitest";
import { bearer, expectRefusal, FORM, purchase, SITE, send, sendJson, type Target, untouched } from "../target.ts";

const CHECKOUT = "/api/stripe/create-checkout";
const PORTAL = "/api/stripe/create-portal";
const FORM_CHECKOUT = "/api/checkout_sessions";

const sessionIn = (text: unknown) => /cs_\w+/.exec(String(text))?.[0] ?? "";

// What somebody would add to a purchase, were it passed on to Stripe or to the database as it comes.
const smuggled = ({ ada }: Target, adasCustomer: string) => ({
  amount: 1,
  unit_amount: 1,
  line_items: [{ price_data: { currency: "usd", unit_amount: 1, product_data: { name: "Pro" } }, quantity: 1 }],
  discounts: [{ coupon: "FREE" }],
  subscription_data: { trial_period_days: 730, metadata: { user_id: ada.id } },
  payment_intent_data: { capture_method: "manual" },
  payment_method_collection: "if_required",
  automatic_tax: { enabled: false },
  customer: adasCustomer,
  customerId: adasCustomer,
  customer_email: ada.email,
  client_reference_id: ada.id,
  user: { id: ada.id, email: ada.email },
  userId: ada.id,
  user_id: ada.id,
  identity: { user: { id: ada.id }, via: "token" },
  site: { url: "https://evil.example", allowedOrigins: ["https://evil.example"] },
  success_url: "https://evil.example",
  return_url: "https://evil.example",
});

export function tampering(target: () => Target): void {
  describe("prices", () => {
    it("that are not for sale are not sold, by no name that they are given", async () => {
      const { world, mallory, credits, proMonthly } = target();
      const { stripe, admin } = world;
      const { product } = await stripe.prices.retrieve(credits);
      const hidden = await stripe.products.create({ name: "Hidden", active: false });
      const ofHidden = await stripe.prices.create({ product: hidden.id, currency: "usd", unit_amount: 1 });
      const archived = await stripe.prices.create({ product: String(product), currency: "usd", unit_amount: 1 });
      await stripe.prices.update(archived.id, { active: false });
      const { data } = await admin.from("prices").select("product_id").eq("id", credits).single();
      const names = [
        ofHidden.id,
        archived.id,
        `${credits},${proMonthly}`,
        `${credits}\u00a0x`,
        credits.toUpperCase(),
        `eq.${credits}`,
        `in.(${credits})`,
        `${credits}&active=eq.false`,
        `${credits}"}`,
        `${credits}\u0000`,
        `price_\u0000`,
        "price_\ud800",
        `price_${"x".repeat(300)}`,
        `price_${"x".repeat(40_000)}`,
        "price_' or '1'='1",
        "price_*",
        "price_%",
        "__proto__",
        "constructor",
        String(data?.product_id),
        `../products/${data?.product_id}`,
      ];
      await untouched(target(), async () => {
        for (const priceId of names) {
          const form = new URLSearchParams({ price_id: priceId }).toString();
          for (const answer of [
            await sendJson(world, CHECKOUT, { ...purchase(target()), priceId }),
            await sendJson(world, CHECKOUT, { ...purchase(target()), priceId }, bearer(mallory)),
            await send(world, "POST", FORM_CHECKOUT, { ...FORM, ...bearer(mallory) }, form),
          ]) {
            const { code } = JSON.parse(answer.body) as { code: string };
            expect({ priceId, code }).toEqual({ priceId, code: expect.stringMatching(/^(price_not_for|invalid_req)/) });
            expectRefusal(answer, 400, code);
          }
        }
      });
    });

    it("of one mode are not sold in another", async () => {
      const { world, credits, proMonthly } = target();
      await untouched(target(), async () => {
        for (const [priceId, mode] of [
          [credits, "subscription"],
          [proMonthly, "payment"],
          [proMonthly, "setup"],
          [proMonthly, ["subscription"]],
          [proMonthly, "SUBSCRIPTION"],
        ]) {
          const answer = await sendJson(world, CHECKOUT, { ...purchase(target()), priceId, mode });
          expectRefusal(answer, 400, "invalid_request");
        }
      });
    });

    it("are not taken with metadata that say whose they are", async () => {
      const { world, ada, mallory } = target();
      await untouched(target(), async () => {
        for (const metadata of [{ user_id: ada.id }, { user_email: ada.email }, { sold_by: "another" }]) {
          const answer = await sendJson(world, CHECKOUT, { ...purchase(target()), metadata }, bearer(mallory));
          expectRefusal(answer, 400, "invalid_request");
        }
      });
    });

    it("are taken once, at Stripe's amount, for the caller, whatever else the request says", async () => {
      const { world, ada, mallory, credits } = target();
      const adas = await world.admin.from("customers").select("id").eq("user_id", ada.id).single();
      const extra = smuggled(target(), String(adas.data?.id));
      const query = "?quantity=100&priceId=price_x&user_id=x";
      const body = { ...purchase(target()), ...extra };
      const opened = await sendJson(world, CHECKOUT + query, body, bearer(mallory));
      const session = await world.stripe.checkout.sessions.retrieve(sessionIn(opened.body), { expand: ["line_items"] });
      const price = await world.stripe.prices.retrieve(credits);
      expect(session.line_items?.data).toMatchObject([{ quantity: 1, price: { id: credits } }]);
      expect(session).toMatchObject({
        amount_subtotal: price.unit_amount,
        currency: price.currency,
        client_reference_id: mallory.id,
        metadata: { user_id: mallory.id, user_email: mallory.email },
        success_url: `${SITE}/success`,
        automatic_tax: { enabled: true },
      });
      expect(session.customer).not.toBe(adas.data?.id);

      const asGuest = await sendJson(world, CHECKOUT, body);
      const guests = await world.stripe.checkout.sessions.retrieve(sessionIn(asGuest.body));
      expect(guests).toMatchObject({ customer: null, client_reference_id: null, metadata: { price_id: credits } });
      expect(JSON.stringify(guests)).not.toContain(ada.id);
    });

    it("are not changed by a form that names several, or a file", async () => {
      const { world, mallory, proMonthly } = target();
      const headers = { ...FORM, ...bearer(mallory) };
      const form = new FormData();
      form.set("price_id", new Blob([proMonthly]), "price.txt");
      await untouched(target(), async () => {
        for (const body of [
          `price_id=${proMonthly}&price_id=price_x`,
          `price_id[]=${proMonthly}`,
          `PRICE_ID=${proMonthly}`,
        ]) {
          const answer = await send(world, "POST", FORM_CHECKOUT, headers, body);
          expect(JSON.parse(answer.body)).toMatchObject({
            code: expect.stringMatching(/^(invalid_request|price_not)/),
          });
          expect(answer.status).toBe(400);
        }
        const answer = await world.request("POST", FORM_CHECKOUT, bearer(mallory), form);
        expect({ status: answer.status, ...((await answer.json()) as object) }).toMatchObject({
          status: 400,
          error: "Valid price ID is required",
        });
      });
    });
  });

  describe("what is somebody else's", () => {
    it("session is as if it did not exist, under any name", async () => {
      const { world, ada, mallory, adasSession } = target();
      const ids = [
        adasSession,
        `${adasSession}?user_id=${ada.id}`,
        `${adasSession}%3Fexpand[]=customer`,
        `${adasSession}%00`,
        `${adasSession}%0a`,
        `${adasSession}%2f..%2f..%2fprices`,
        `..%2f${adasSession}`,
        "cs_%2e%2e%2fevents",
        `cs_${"x".repeat(3000)}`,
        "cs_test_unknown",
        "pi_1",
        "__proto__",
        "%ff",
        "%",
      ];
      await untouched(target(), async () => {
        for (const id of ids) {
          const answer = await send(world, "GET", `${FORM_CHECKOUT}/${id}`, bearer(mallory));
          expectRefusal(answer, 404, "not_found");
          expect(answer.body).not.toContain(adasSession);
        }
      });
    });

    it("customer is not opened in the portal, by whatever it is named", async () => {
      const { world, ada } = target();
      const stranger = await world.signUp();
      const adas = await world.admin.from("customers").select("id").eq("user_id", ada.id).single();
      const body = { ...smuggled(target(), String(adas.data?.id)), returnUrl: SITE };
      await untouched(target(), async () => {
        const answer = await sendJson(world, `${PORTAL}?customer=${adas.data?.id}`, body, bearer(stranger));
        expectRefusal(answer, 400, "no_billing_account");
        expectRefusal(await sendJson(world, PORTAL, body), 401, "unauthenticated");
      });
    });

    it("e-mail address, signed up with other capitals, gives no way to their customer", async () => {
      const { world, ada } = target();
      const { data } = await world.admin.from("customers").select("id, user_id").eq("email", ada.email);
      expect(data).toMatchObject([{ user_id: ada.id }]);
      await expect(world.signUp(ada.email.toUpperCase())).rejects.toMatchObject({ code: "user_already_exists" });
    });
  });
}
