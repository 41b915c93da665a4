import { expect, test } from "vitest";
import { ofPayer, payersOf } from "./payers.ts";
import { aPayment, aSubscription } from "./testing/samples.ts";

const own = { id: "cus_1", user_id: "user_1", organization_id: null, name: "Ada" };
const acme = { id: "cus_2", user_id: null, organization_id: "org_1", name: "Acme" };
const acmeToo = { ...acme, id: "cus_3", name: null };

test("each organisation is one payer, however many customers it has, beside the user", () => {
  expect(payersOf([own, acme, acmeToo]).map(({ name }) => name)).toEqual(["Yourself", "Acme"]);
  expect(payersOf([]).map(({ name }) => name)).toEqual(["Yourself"]);
});

test("each sees what is theirs; what others pay for the user is the user's", () => {
  const account = {
    customers: [own, acme, acmeToo],
    subscriptions: ["cus_1", "cus_3", "cus_of_others"].map((customer_id) => aSubscription({ customer_id })),
    payments: [aPayment(), aPayment({ customer_id: "cus_2" })],
  };
  const seen = payersOf(account.customers).map((payer) => {
    const { subscriptions, payments } = ofPayer(account, payer);
    return [subscriptions.map(({ customer_id }) => customer_id), payments.map(({ customer_id }) => customer_id)];
  });
  expect(seen).toEqual([
    [["cus_1", "cus_of_others"], ["cus_1"]],
    [["cus_3"], ["cus_2"]],
  ]);
});
