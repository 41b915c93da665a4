export { findBounds } from "./bounds.ts";
export { findPriceIn, sellableIn } from "./currency.ts";
export { findGroups, pickOfGroup } from "./groups.ts";
export { getSellablePrice, notForSale, type SellablePrice } from "./price.ts";
export { amountTooLarge, assertWithin, MOST_AMOUNT, quantityNotAllowed } from "./quantity.ts";
