/** What tests of other packages use of the emulator's own: it behind a port, a browser for its pages, Stripe's CLI against it. */
export {
  type Bench,
  CARD,
  createCheckout,
  createPlan,
  DECLINED_CARD,
  openBench,
  type Received,
  SECRET,
  typesSince,
  until,
} from "./bench.ts";
export { openBrowser } from "./browser.ts";
export { controlsOf } from "./controls.ts";
export { moveClock } from "./moving-clocks.ts";
export { cli, runCli, skipReason, startCli } from "./stripe-cli.ts";
