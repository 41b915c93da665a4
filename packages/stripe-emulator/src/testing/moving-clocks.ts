import { setTimeout as sleep } from "node:timers/promises";
import Stripe from "stripe";

/** How far at most, in Stripe's words for who asked for more. */
const FURTHEST = /You can only advance it up to (\d+)/;

/**
 * Moves a test clock to a moment (seconds), in as many steps as Stripe makes of it (two intervals of its shortest subscription at
 * once: https://docs.stripe.com/billing/testing/test-clocks/api-advanced-usage), and waits until it is there.
 */
export async function moveClock({ testHelpers: { testClocks } }: Stripe, clock: string, to: number): Promise<void> {
  for (let at = 0; at < to; ) {
    at = await stepTowards(testClocks, clock, to);
    let { status } = await testClocks.retrieve(clock);
    while (status === "advancing") {
      await sleep(5);
      ({ status } = await testClocks.retrieve(clock));
    }
    if (status !== "ready") throw new Error(`The clock ${clock} is ${status}.`);
  }
}

/** To the moment itself, or as far as Stripe says that it can be moved. */
async function stepTowards(
  testClocks: Stripe["testHelpers"]["testClocks"],
  clock: string,
  to: number,
): Promise<number> {
  try {
    await testClocks.advance(clock, { frozen_time: to });
    return to;
  } catch (error) {
    const [, furthest] = (error instanceof Stripe.errors.StripeError ? FURTHEST.exec(error.message) : null) ?? [];
    if (furthest === undefined) throw error;
    await testClocks.advance(clock, { frozen_time: Number(furthest) });
    return Number(furthest);
  }
}
