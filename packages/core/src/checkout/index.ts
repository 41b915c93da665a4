export type { Billing } from "../clients.ts";
export { type Lease, withLease } from "./lease.ts";
export { openCheckout } from "./open.ts";
export { type Purchase, purchaseOn } from "./purchase.ts";
export { summarizeCheckout } from "./summarize.ts";
