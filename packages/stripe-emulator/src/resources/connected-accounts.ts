import type Stripe from "stripe";
import { choose, listRoute } from "../api/list.ts";
import { clearable, email, type Fields, mergeMetadata, metadata, oneOf, schema, text } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { previousAttributes } from "../events/previous-attributes.ts";
import { newConnectedAccount } from "../state/account.ts";
import type { World } from "../world.ts";
import { getConnectedAccount } from "./accounts.ts";

const createParams = schema({
  country: text,
  email: clearable(email),
  metadata,
  // Others' requirements are collected by the platform, and there is nobody to collect them from.
  type: oneOf("standard"),
} satisfies Fields<keyof Stripe.AccountCreateParams>);

const updateParams = schema({ email: clearable(email), metadata } satisfies Fields<keyof Stripe.AccountUpdateParams>);

/** Others' accounts, as far as the platform sees them: https://docs.stripe.com/connect/accounts. What they have is not reached. */
export const connectedAccountRoutes: Route[] = [
  route("POST", "/v1/accounts", createParams, (world, { country = "US", email: mail = null, metadata: given }) =>
    world.store.connectedAccounts.put(
      newConnectedAccount({ country, email: mail, metadata: mergeMetadata({}, given) }),
    ),
  ),
  listRoute("/v1/accounts", "account", {}, (world) => choose(world.store.connectedAccounts, {})),
  route("POST", "/v1/accounts/:id", updateParams, (world, { metadata: change, ...plain }, { id }) => {
    const before = getConnectedAccount(world, id);
    const metadata = mergeMetadata(before.metadata ?? {}, change);
    const after = world.update("connectedAccounts", id, { ...plain, metadata });
    const previous = previousAttributes(before, after);
    if (previous) world.emit("account.updated", after, previous, id);
    return after;
  }),
  route("DELETE", "/v1/accounts/:id", schema({}), (world, _, { id }) => leave(world, id)),
];

/** The platform is told, and reaches it no more. */
function leave(world: World, id: string): Stripe.DeletedAccount {
  world.store.connectedAccounts.delete(getConnectedAccount(world, id).id);
  const platform = { id: "ca_emulator", object: "application" as const, name: "Test account" };
  world.emit("account.application.deauthorized", platform, undefined, id);
  return { id, object: "account", deleted: true };
}
