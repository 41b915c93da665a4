import {
  CheckoutForm,
  CheckoutSessionId,
  CheckoutSummary,
  CreateCheckout,
  RedirectAnswer,
} from "@turnpike/core/checkout/schema";
import { describe, expect, it } from "vitest";

const complaintOf = ({ error }: { error?: { issues: { message: string }[] } | undefined }) => error?.issues[0]?.message;

describe("a form", () => {
  const complaint = "Valid price ID is required";

  it.each(["price_1", "gold-monthly", "an_undefined", "null_1", "a_prod_1", "~".repeat(255)])(
    "names a price: %s",
    (price_id) => {
      expect(CheckoutForm.parse({ price_id })).toEqual({ price_id });
    },
  );

  it.each(["0", "-1", "1.5", "1000000", "", "five"])("of no such quantity is refused: %j", (quantity) => {
    const refused = CheckoutForm.safeParse({ price_id: "price_1", quantity });
    expect(complaintOf(refused)).toBe("Quantity must be a whole number from 1 to 999999");
  });

  it.each([undefined, 7, "", "undefined", "null", "price_", "prod_1", "a price_1", "price_1 ", "~".repeat(256)])(
    "without a price is refused: %j",
    (price_id) => {
      expect(complaintOf(CheckoutForm.safeParse({ price_id }))).toBe(complaint);
    },
  );
});

describe("an order", () => {
  const order = { priceId: "price_1", successUrl: "https://a.test/1", cancelUrl: "https://a.test/2", mode: "payment" };
  const redirects = "Success and cancel URLs are required";
  const mode = "Mode is required (either 'payment' for one-time payments or 'subscription' for recurring subscription)";

  it("may name a quantity, and several things", () => {
    const full = {
      ...order,
      quantity: 999_999,
      adjustableQuantity: true,
      items: [{ priceId: "price_2", quantity: 1 }],
    };
    expect(CreateCheckout.parse(full)).toEqual(full);
  });

  it.each([0, -1, 1.5, 1_000_000, "5", null])("of no such quantity is refused: %j", (quantity) => {
    const complaint = "Quantity must be a whole number from 1 to 999999";
    expect(complaintOf(CreateCheckout.safeParse({ ...order, quantity }))).toBe(complaint);
    const items = [{ priceId: "price_2", quantity }];
    expect(complaintOf(CreateCheckout.safeParse({ ...order, items }))).toBe(complaint);
  });

  it.each<[unknown, string]>([
    ["price_2", "Items must be a list of prices, each with its price ID"],
    [["price_2"], "Items must be a list of prices, each with its price ID"],
    [[{}], "Price ID is required"],
    [Array.from({ length: 40 }, () => ({ priceId: "price_2" })), "Items may be 39 at the most"],
  ])("of no such things is refused: %j", (items, complaint) => {
    expect(complaintOf(CreateCheckout.safeParse({ ...order, items }))).toBe(complaint);
  });

  it("is taken without the spaces around its texts", () => {
    const spaced = { priceId: " price_1 ", successUrl: ` ${order.successUrl}\n`, cancelUrl: `\t${order.cancelUrl} ` };
    expect(CreateCheckout.parse({ ...order, ...spaced })).toEqual(order);
    expect(CreateCheckout.parse({ ...order, mode: "subscription" })).toMatchObject({ mode: "subscription" });
    expect(CreateCheckout.parse({ ...order, priceId: "~".repeat(255) })).toBeDefined();
  });

  it.each([
    [{ priceId: undefined }, "Price ID is required"],
    [{ priceId: 7 }, "Price ID is required"],
    [{ priceId: " " }, "Price ID is required"],
    [{ priceId: "price\u00001" }, "Price ID is required"],
    [{ priceId: "é_1" }, "Price ID is required"],
    [{ priceId: "1_é" }, "Price ID is required"],
    [{ priceId: "~".repeat(256) }, "Price ID is required"],
    [{ successUrl: undefined }, redirects],
    [{ successUrl: " " }, redirects],
    [{ cancelUrl: null }, redirects],
    [{ cancelUrl: "" }, redirects],
    [{ mode: undefined }, mode],
    [{ mode: "setup" }, mode],
    [{ mode: "" }, mode],
  ])("is refused with what it lacks: %j", (fields, complaint) => {
    expect(complaintOf(CreateCheckout.safeParse({ ...order, ...fields }))).toBe(complaint);
  });

  it("whose texts Stripe may count as longer than it takes is refused", () => {
    const pairs = (count: number) => "\u{1f680}".repeat(count);
    for (const taken of [{ organizationId: pairs(250) }, { metadata: { referral: pairs(250) } }]) {
      expect(CreateCheckout.parse({ ...order, ...taken })).toEqual({ ...order, ...taken });
    }
    const refused = [{ organizationId: pairs(251) }, { metadata: { referral: pairs(251) } }];
    expect(refused.map((fields) => complaintOf(CreateCheckout.safeParse({ ...order, ...fields })))).toEqual([
      "Organization ID is too long",
      "A sale's metadata are texts of 500 characters at the most",
    ]);
  });

  it("that lacks several things is told of the first", () => {
    const complaints = CreateCheckout.safeParse({}).error?.issues.map(({ message }) => message);
    expect(complaints).toEqual(["Price ID is required", redirects, redirects, mode]);
  });
});

describe("a session's address", () => {
  it.each(["cs_1", "cs_test_a1", `cs_${"x".repeat(252)}`])("is its id: %s", (id) => {
    expect(CheckoutSessionId.parse({ id })).toEqual({ id });
  });

  it.each([undefined, "", "cs_", "acs_1", "cs_1/", `cs_${"x".repeat(253)}`])("is no other text: %j", (id) => {
    expect(CheckoutSessionId.safeParse({ id }).success).toBe(false);
  });
});

describe("the answer", () => {
  const summary = {
    id: "cs_1",
    status: "complete",
    mode: "payment",
    amountTotal: 1200,
    currency: "eur",
    items: [{ description: "A book", quantity: 1, amountTotal: 1200 }],
  };

  it.each([
    {},
    { status: "open" },
    { status: "processing" },
    { status: "failed" },
    { status: "expired" },
    { mode: "subscription" },
    { amountTotal: null, currency: null, items: [] },
  ])("says where a purchase stands: %j", (fields) => {
    expect(CheckoutSummary.parse({ ...summary, ...fields })).toEqual({ ...summary, ...fields });
  });

  it.each([{ status: "" }, { mode: "setup" }, { mode: "" }, { amountTotal: 1.5 }, { items: [{}] }])(
    "says nothing else: %j",
    (fields) => {
      expect(CheckoutSummary.safeParse({ ...summary, ...fields }).success).toBe(false);
    },
  );

  it("that sends the browser elsewhere says where", () => {
    expect(RedirectAnswer.parse({ url: "https://a.test/" })).toEqual({ url: "https://a.test/" });
    expect(RedirectAnswer.safeParse({ url: "/somewhere" }).success).toBe(false);
  });
});
