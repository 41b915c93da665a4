export type { Billing } from "../clients.ts";
export { IN_TIME, type Lease, withLease } from "./lease.ts";
export { openAnywhere, openCheckout } from "./open.ts";
export { type Purchase, purchaseOn } from "./purchase.ts";
export { summarizeCheckout } from "./summarize.ts";
