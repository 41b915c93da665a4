import { invalid } from "../api/errors.ts";
import type { World } from "../world.ts";

const FIVE_YEARS_S = 5 * 366 * 86_400;

/** Stripe's 400 for a moment to come that has gone, or is too far away. */
export function refusePast(world: World, moment: number | string | null | undefined, param: string): void {
  if (typeof moment !== "number") return;
  if (moment < world.now())
    throw invalid("Invalid timestamp: must be in the future.", "parameter_invalid_integer", param);
  if (moment > world.now() + FIVE_YEARS_S) {
    const message = "Invalid timestamp: can be no more than five years in the future";
    throw invalid(message, "parameter_invalid_integer", param);
  }
}

const TWO_YEARS_S = 2 * 366 * 86_400;

/** The SDK's comment on `trial_end`: at most two years from the anchor. */
export function refuseLongTrial(end: number | string | undefined, anchor: number): void {
  if (typeof end !== "number" || end <= anchor + TWO_YEARS_S) return;
  const message = "Invalid timestamp: a trial can end at most two years from the billing cycle anchor.";
  throw invalid(message, "parameter_invalid_integer", "trial_end");
}
