import type Stripe from "stripe";
import { ApiError } from "../api/errors.ts";
import { schema } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { accountOf } from "../state/account.ts";
import type { Stored } from "../state/stored.ts";
import type { World } from "../world.ts";

/** The account itself, or one that joined it. */
function getAccount(world: World, id: string) {
  const account = accountOf(world.store);
  if (account.id === id) return account;
  return getConnectedAccount(world, id);
}

export function getConnectedAccount(world: World, id: string): Stored<Stripe.Account> {
  const account = world.store.connectedAccounts.find(id);
  if (account) return account;
  const message = `The provided key does not have access to account '${id}' (or that account does not exist). Application access may have been revoked.`;
  throw new ApiError(403, { type: "invalid_request_error", code: "account_invalid", message });
}

export const accountRoutes: Route[] = [
  route("GET", "/v1/account", schema({}), (world) => accountOf(world.store)),
  route("GET", "/v1/accounts/:id", schema({}), (world, _, { id }) => getAccount(world, id)),
];
