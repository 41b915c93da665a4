import { type Bench, moveClock } from "@turnpike/stripe-emulator/testing";
import { vi } from "vitest";

/** What happens to somebody, done at a Stripe of the emulator's. */
export type Life = (bench: Bench) => Promise<void>;

export const DAY = 86_400;
export const PAYS_BY_CARD = {
  payment_method: "pm_card_visa",
  invoice_settings: { default_payment_method: "pm_card_visa" },
};

export const until = (holds: () => Promise<boolean>) => vi.waitUntil(holds, { timeout: 15_000, interval: 20 });

/** A test clock that is at `start`, and may be moved on by days. */
export async function startClock({ stripe }: Bench, start: number) {
  const { id } = await stripe.testHelpers.testClocks.create({ frozen_time: start });
  return {
    id,
    async advance(days: number) {
      await moveClock(stripe, id, start + days * DAY);
    },
  };
}

const seconds = () => Math.floor(Date.now() / 1000);
/** Clocks run behind the real time, or ahead of it: Stripe dates events by the real one. */
export const LAST_YEAR = () => seconds() - 300 * DAY;
export const NOW = () => seconds();
