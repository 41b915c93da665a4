import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished, vi } from "vitest";

const now = performance.now.bind(performance);
let ahead = 0;

/** Waits for the next second: Stripe's clock has nothing smaller, so what is made then is younger. */
export const nextSecond = () => sleep(1_010 - (Date.now() % 1_000));

/** Lets time pass on the clock by which intervals are measured, until the test is over. What sleeps sleeps on. */
export function forwardClock(ms: number): void {
  if (ahead === 0) {
    const spy = vi.spyOn(performance, "now").mockImplementation(() => now() + ahead);
    onTestFinished(() => {
      ahead = 0;
      spy.mockRestore();
    });
  }
  ahead += ms;
}
