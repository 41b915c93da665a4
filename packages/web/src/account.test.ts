import { expect, test } from "vitest";
import { namesOf } from "./account.ts";
import { arrangeCatalogue } from "./catalogue.ts";
import { aPayment, aPrice, aProduct, aSubscription } from "./testing/samples.ts";

const payment = aPayment();
const subscription = aSubscription();
const onSale = arrangeCatalogue([aProduct()], [aPrice()]);
const archived = arrangeCatalogue([aProduct({ active: false })], [aPrice({ active: false })]);
const unknown = arrangeCatalogue([], []);
const account = { changes: [], soldPrices: new Map([["cs_1", "price_month"]]) };

test("a payment is named after what was bought, by subscription or at once", () => {
  const { titleOf } = namesOf({ ...account, catalogue: onSale });
  expect(titleOf({ ...payment, product_id: "prod_1" })).toBe("Pro");
  expect(titleOf({ ...payment, checkout_session_id: "cs_1" })).toBe("Pro");
});

test("an invoice says how many other things it is for", () => {
  const { titleOf } = namesOf({ ...account, catalogue: onSale });
  expect(titleOf({ ...payment, product_id: "prod_1", other_products: 2 })).toBe("Pro and 2 more");
});

test("what the user has had keeps its name and its price when it is archived", () => {
  const { planOf, titleOf } = namesOf({ ...account, catalogue: archived });
  expect(planOf(subscription)).toMatchObject({ name: "Pro", price: aPrice({ active: false }) });
  expect(titleOf({ ...payment, checkout_session_id: "cs_1" })).toBe("Pro");
});

test("what the catalogue no longer shows still has a name", () => {
  const { planOf, titleOf } = namesOf({ ...account, catalogue: unknown });
  expect(planOf(subscription)).toMatchObject({ name: "Subscription", price: undefined });
  const billed = { ...payment, product_id: "prod_1", description: "1 × Pro (at $12.00 / month)" };
  expect(titleOf(billed)).toBe("1 × Pro (at $12.00 / month)");
  expect(titleOf({ ...payment, checkout_session_id: "cs_1" })).toBe("One-time payment");
  expect(titleOf(payment)).toBe("Invoice");
});

test("what a subscription will become has its name, or that of any other plan, and its day", () => {
  const change = { kind: "change" as const, at: "2027-03-01T00:00:00+00:00", quantity: 2 };
  const changes = [{ ...change, subscription_id: "sub_1", price_id: "price_month" }];
  const next = (catalogue: typeof onSale) => namesOf({ ...account, changes, catalogue }).nextOf(subscription);
  expect(next(onSale)).toEqual({ ...change, name: "Pro", price: aPrice() });
  expect(next(unknown)).toEqual({ ...change, name: "another plan", price: undefined });
  expect(namesOf({ ...account, changes, catalogue: onSale }).nextOf(aSubscription({ id: "sub_2" }))).toBeUndefined();
});
