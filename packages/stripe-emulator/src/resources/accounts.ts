import { ApiError } from "../api/errors.ts";
import { schema } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { accountOf } from "../state/account.ts";
import type { World } from "../world.ts";

/** Other accounts are Connect's: no key of this one reaches them. */
function getAccount(world: World, id: string) {
  const account = accountOf(world.store);
  if (account.id === id) return account;
  const message = `The provided key does not have access to account '${id}' (or that account does not exist). Application access may have been revoked.`;
  throw new ApiError(403, { type: "invalid_request_error", code: "account_invalid", message });
}

export const accountRoutes: Route[] = [
  route("GET", "/v1/account", schema({}), (world) => accountOf(world.store)),
  route("GET", "/v1/accounts/:id", schema({}), (world, _, { id }) => getAccount(world, id)),
];
