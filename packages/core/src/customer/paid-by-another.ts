import { BillingError } from "../errors/index.ts";

/**
 * A subscription gives the user what they use, and a customer whom nobody here is known to be pays for it: its portal is not the user's to
 * open. It may be them, with another address, who would pay twice; so nothing is sold beside it until it has ended.
 */
export function paidByAnother(): BillingError {
  return new BillingError(
    "paid_by_another",
    "This runs for you already, and was paid under another address: who has its receipt can change or end it, by the link there. " +
      "If that is not you, ask support to end it: then you can buy your own.",
  );
}
