import { expect, test } from "vitest";
import { describePayment, paymentDueOf } from "./payments.ts";
import { aPayment, aSubscription } from "./testing/samples.ts";

test("the payment that is due is the newest of this subscription that can be paid", () => {
  const due = aPayment({ id: "in_2", subscription_id: "sub_1", status: "failed", hosted_invoice_url: "https://pay" });
  const others = [
    aPayment({ ...due, id: "in_9", subscription_id: "sub_2" }),
    aPayment({ ...due, id: "in_4", status: "paid" }),
    aPayment({ ...due, id: "in_3", hosted_invoice_url: null }),
  ];
  expect(paymentDueOf(aSubscription(), [...others, due, { ...due, id: "in_1" }])).toBe(due);
  expect(paymentDueOf(aSubscription(), others)).toBeUndefined();
  for (const status of ["open", "overdue", "partially_paid", "action_required"]) {
    expect(paymentDueOf(aSubscription(), [{ ...due, status }])).toMatchObject({ status });
  }
});

test("a payment that needs the customer, or is in trouble, is not shown as quiet", () => {
  for (const status of ["action_required", "failed", "overdue", "disputed", "uncollectible"]) {
    expect(describePayment({ status, amount: 2900 }).tone).toBe("bad");
  }
});

test("a payment on its way is neither paid nor failed", () => {
  for (const status of ["open", "partially_paid", "processing", "held"]) {
    expect(describePayment({ status, amount: 2900 }).tone).toBe("busy");
  }
});

test("only what is paid is shown as paid; a status that is not known, as it is", () => {
  expect(describePayment({ status: "paid", amount: 2900 })).toEqual({ label: "Paid", tone: "good" });
  expect(describePayment({ status: "sent_to_mars", amount: 2900 })).toEqual({ label: "sent to mars", tone: "quiet" });
});

test("an invoice over nothing, which a trial begins with, is not shown as paid", () => {
  expect(describePayment({ status: "paid", amount: 0 })).toEqual({ label: "Nothing due", tone: "quiet" });
});
