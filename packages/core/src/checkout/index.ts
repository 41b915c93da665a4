export type { Billing } from "../clients.ts";
export { openCheckout } from "./open.ts";
export { type Purchase, purchaseOn } from "./purchase.ts";
export { summarizeCheckout } from "./summarize.ts";
