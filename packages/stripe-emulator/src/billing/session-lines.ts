import type Stripe from "stripe";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";
import { priceIn } from "./currencies.ts";
import { priceSession } from "./session-pricing.ts";
import { chargeFor } from "./subscription.ts";

type LineItem = Stored<Stripe.LineItem>;
type CheckoutSession = Stored<Stripe.Checkout.Session>;

const MOST = 99;

/** The quantities that the buyer may choose. An item whose quantity is 0 is taken out, unless it is the last. */
export function quantityBounds(item: LineItem, alone: boolean): { least: number; most: number } {
  const { minimum, maximum } = item.adjustable_quantity ?? {};
  return { least: Math.max(minimum ?? 0, alone ? 1 : 0), most: maximum ?? MOST };
}

/**
 * The buyer chose other quantities: the session's lines and amounts follow. Undefined when done, else what is wrong.
 * `asked` by the line item's id; items that may not be adjusted stay as they are.
 */
export function adjustQuantities(
  world: World,
  session: CheckoutSession,
  asked: Partial<Record<string, string>>,
): string | undefined {
  const details = world.store.sessionDetails.get(session.id);
  const { lineItems } = details;
  const changed: LineItem[] = [];
  for (const item of lineItems) {
    const word = item.adjustable_quantity?.enabled ? asked[item.id]?.trim() : undefined;
    const quantity = word === undefined ? (item.quantity ?? 1) : /^\d{1,6}$/.test(word) ? Number(word) : Number.NaN;
    const { least, most } = quantityBounds(item, lineItems.length === 1);
    if (word !== undefined && !(quantity >= least && quantity <= most)) {
      return `Choose a quantity of ${item.description ?? "this item"} from ${least} to ${most}.`;
    }
    if (quantity > 0) changed.push(item.quantity === null ? item : withQuantity(world, item, quantity));
  }
  if (!changed.some((item) => session.mode !== "subscription" || item.price?.recurring)) {
    return "Keep at least one item.";
  }
  world.store.sessionDetails.put({ ...details, lineItems: changed });
  priceSession(world, session.id, {});
  return undefined;
}

const withQuantity = (world: World, item: LineItem, quantity: number): LineItem => ({
  ...item,
  quantity,
  amount_subtotal: item.price ? chargeFor(world, priceIn(world, item.price, item.currency), quantity) : 0,
});
