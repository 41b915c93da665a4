export { applyEvents, applyFetched } from "./apply.ts";
export type { Outcome, Projection } from "./change.ts";
export { enabledEvents, projectEvent } from "./events.ts";
export { fetchProjections, projectFetchedSession, projectFetchedSubscription, SESSION_EXPANSION } from "./fetch.ts";
export { projectCharge } from "./project/charge.ts";
export { projectCustomer } from "./project/customer.ts";
export { projectInvoice } from "./project/invoice.ts";
export { projectPrice } from "./project/price.ts";
export { projectProduct } from "./project/product.ts";
