export { openCheckout, type Purchase, purchaseOn } from "./open.ts";
export { summarizeCheckout } from "./summarize.ts";
