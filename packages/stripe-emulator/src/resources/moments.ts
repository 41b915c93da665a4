import { invalid } from "../api/errors.ts";
import type { World } from "../world.ts";
import { LONGEST_TRIAL_DAYS } from "./price-params.ts";

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

/** Stripe's 400 for a trial that ends too far from now. */
export function refuseLongTrial(end: number | string | undefined, now: number, param = "trial_end"): void {
  if (typeof end !== "number" || end <= now + LONGEST_TRIAL_DAYS * 86_400) return;
  const message = `The maximum number of trial period days is ${LONGEST_TRIAL_DAYS} (2 years).`;
  throw invalid(message, "parameter_invalid_integer", param);
}
