export { type Buyer, getBuyer } from "./buyer.ts";
export { createCustomer } from "./create.ts";
export { findPayersCustomers } from "./find.ts";
export { paidByAnother } from "./paid-by-another.ts";
export { atSameAccount } from "./same-account.ts";
export { emailClause, metadataClause, searchCustomers } from "./search.ts";
export { sendEmail } from "./send-email.ts";
export { listSubscriptions, productsOf } from "./subscriptions.ts";
