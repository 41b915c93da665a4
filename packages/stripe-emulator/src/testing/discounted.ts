import type Stripe from "stripe";

/** What tests of discounts begin with. `stripe` is asked for late: a bench is opened before the tests, not before their file. */
export function discountsOn(stripe: () => Stripe) {
  const half = (overrides: Stripe.CouponCreateParams = {}) =>
    stripe().coupons.create({ percent_off: 50, ...overrides });
  return {
    half,
    /** A promotion code for a coupon of half the price, unless said otherwise. */
    codeFor: async (
      coupon: Stripe.CouponCreateParams = {},
      overrides: Partial<Stripe.PromotionCodeCreateParams> = {},
    ) => {
      const { id } = await half(coupon);
      return stripe().promotionCodes.create({ promotion: { type: "coupon", coupon: id }, ...overrides });
    },
    /** A customer whose card is charged by default. */
    payer: (overrides: Stripe.CustomerCreateParams = {}) =>
      stripe().customers.create({
        email: "ada@example.com",
        payment_method: "pm_card_visa",
        invoice_settings: { default_payment_method: "pm_card_visa" },
        ...overrides,
      }),
  };
}
