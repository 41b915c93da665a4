export { findBounds } from "./bounds.ts";
export { findPriceIn, sellableIn } from "./currency.ts";
export { findGroups, pickOfGroup } from "./groups.ts";
export { getSellablePrice, notForSale, type SellablePrice } from "./price.ts";
export { amountTooLarge, amountTooSmall, assertWithin, quantityNotAllowed } from "./quantity.ts";
export { mostAmountOf, packagesOf } from "./schema.ts";
