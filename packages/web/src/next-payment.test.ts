import { expect, test } from "vitest";
import { adviceOn, describeExpiry, describeMethod } from "./next-payment.ts";

test("a way to pay is called as its owner calls it", () => {
  const method = { type: "card", brand: "visa", last4: "4242", expires: "2034-12" };
  expect(describeMethod(method)).toBe("Visa ending in 4242");
  expect(describeMethod({ ...method, brand: "amex" })).toBe("American Express ending in 4242");
  expect(describeMethod({ ...method, type: "sepa_debit", brand: null })).toBe("bank account ending in 4242");
  expect(describeMethod({ ...method, type: "amazon_pay", brand: null, last4: null })).toBe("Amazon pay");
});

test("what could not be charged is advised upon, and nothing else", () => {
  const by = { subscriptionId: "sub_1", currency: "usd", next: null, byInvoice: false, paymentMethod: null };
  const method = { type: "card", brand: "visa", last4: "4242", expires: "2034-12" };
  const bare = { ...by, missingPaymentMethod: null };
  expect(adviceOn(bare, 900)).toBe("There is no card to charge. Add one before then.");
  expect(adviceOn(bare, 0)).toBeUndefined();
  expect(adviceOn({ ...bare, byInvoice: true }, 900)).toBeUndefined();
  expect(adviceOn({ ...bare, paymentMethod: method }, 900)).toBeUndefined();
  expect(adviceOn({ ...by, missingPaymentMethod: "cancel" }, 900)).toContain("ends with its trial");
  expect(adviceOn({ ...by, missingPaymentMethod: "pause" }, 0)).toContain("pauses after its trial");
});

test("a card is good to the end of its month", () => {
  expect(describeExpiry("2026-11", new Date(2026, 10, 30))).toEqual({ text: "11/2026", isOver: false });
  expect(describeExpiry("2026-11", new Date(2026, 11, 1)).isOver).toBe(true);
  expect(describeExpiry("2026-12", new Date(2027, 0, 1)).isOver).toBe(true);
});
