import { BillingError } from "../errors/index.ts";
import type { Bounds } from "./schema.ts";

/** @throws BillingError `quantity_not_allowed` */
export function assertWithin({ least, most }: Bounds, quantity: number): void {
  if (quantity >= least && quantity <= most) return;
  if (least > most) {
    const reason = "min_quantity is more than max_quantity, in the metadata of the price or of its product";
    throw new BillingError("quantity_not_allowed", "This cannot be bought at the moment. Ask support.", reason);
  }
  throw quantityNotAllowed(
    least === most
      ? `This is sold ${least} at a time. Choose a quantity of ${least}.`
      : `This is sold from ${least} to ${most} at a time. Choose a quantity between them.`,
  );
}

export const quantityNotAllowed = (message: string) => new BillingError("quantity_not_allowed", message);

export const amountTooSmall = () =>
  new BillingError(
    "amount_too_small",
    "This is less than can be charged. Choose a larger quantity, or more beside it.",
  );

export const amountTooLarge = () =>
  new BillingError("amount_too_large", "This is more than can be charged at once. Choose a smaller quantity.");
