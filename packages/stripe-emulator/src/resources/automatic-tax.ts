import { invalid } from "../api/errors.ts";
import { dashboardOf } from "../state/dashboard.ts";
import type { World } from "../world.ts";

/** Stripe's 400 where the account's tax settings lack the head office. It has no code. */
export function refuseWithoutHeadOffice(world: World): void {
  if (dashboardOf(world.store).tax) return;
  throw invalid(
    "You must have a valid head office address to enable automatic tax calculation in test mode. Visit https://dashboard.stripe.com/test/settings/tax to update it.",
  );
}
