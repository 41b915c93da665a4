import { test as base } from "vitest";
import { type RunningStripeEmulator, startStripeEmulator } from "./serve.ts";

/** Vitest's `test`, with a Stripe of its own for each test that takes `stripeEmulator`: started for it, and closed behind it. */
export const test = base.extend<{ stripeEmulator: RunningStripeEmulator }>({
  stripeEmulator: async ({ task: _ }, use) => {
    const emulator = await startStripeEmulator();
    await use(emulator);
    await emulator.close();
  },
});
