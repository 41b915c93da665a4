export type { Caller } from "./asking.ts";
export { changePlan, previewChange } from "./change.ts";
export { cancelSubscription, resumeSubscription } from "./keep.ts";
export { getNextPayment } from "./next-payment.ts";
export { type Followed, followSeats } from "./seats.ts";
export { followTerms } from "./terms.ts";
