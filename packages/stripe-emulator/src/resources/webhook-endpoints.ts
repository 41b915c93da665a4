import type Stripe from "stripe";
import { found, invalid } from "../api/errors.ts";
import { listRoute } from "../api/list.ts";
import {
  arrayOf,
  boolean,
  clearable,
  type Fields,
  isWebAddress,
  mergeMetadata,
  metadata,
  type ParamsOf,
  schema,
  text,
} from "../api/params.ts";
import { type Route, route } from "../api/route.ts";
import { newSecret } from "../events/endpoints.ts";
import { newId } from "../state/ids.ts";
import type { World } from "../world.ts";

type WebhookEndpoint = Stripe.WebhookEndpoint;

const attributes = { description: clearable(text), enabled_events: arrayOf(text), metadata, url: text };
const createParams = schema(
  { ...attributes, api_version: text } satisfies Fields<keyof Stripe.WebhookEndpointCreateParams>,
  ["enabled_events", "url"],
);
const updateParams = schema({ ...attributes, disabled: boolean } satisfies Fields<
  keyof Stripe.WebhookEndpointUpdateParams
>);

function getEndpoint(world: World, id: string): WebhookEndpoint {
  return found(world.store.webhookEndpoints.find(id), "webhook endpoint", id);
}

function checkAddress(url: string | undefined): void {
  if (url !== undefined && !isWebAddress(url))
    throw invalid("Invalid URL: an explicit scheme must be provided.", "url_invalid", "url");
}

/** The secret is shown once, when the endpoint is made. */
const withoutSecret = ({ secret: _secret, ...shown }: WebhookEndpoint) => shown;

function createEndpoint(world: World, params: ParamsOf<typeof createParams>): WebhookEndpoint {
  checkAddress(params.url);
  return world.store.webhookEndpoints.put({
    id: newId("we"),
    object: "webhook_endpoint",
    api_version: params.api_version ?? null,
    application: null,
    created: world.now(),
    description: params.description ?? null,
    enabled_events: params.enabled_events,
    livemode: false,
    metadata: mergeMetadata({}, params.metadata),
    secret: newSecret(),
    status: "enabled",
    url: params.url,
  });
}

export function updateEndpoint(world: World, id: string, params: ParamsOf<typeof updateParams>): object {
  const before = getEndpoint(world, id);
  const { disabled, metadata: change, ...plain } = params;
  checkAddress(plain.url);
  const after = world.update("webhookEndpoints", id, {
    ...plain,
    ...(disabled === undefined ? {} : { status: disabled ? "disabled" : "enabled" }),
    metadata: mergeMetadata(before.metadata, change),
  });
  return withoutSecret(after);
}

export const webhookEndpointRoutes: Route[] = [
  route("POST", "/v1/webhook_endpoints", createParams, createEndpoint),
  listRoute("/v1/webhook_endpoints", "webhook endpoint", {}, (world) =>
    world.store.webhookEndpoints.all().map(withoutSecret),
  ),
  route("GET", "/v1/webhook_endpoints/:id", schema({}), (world, _, { id }) => withoutSecret(getEndpoint(world, id))),
  route("POST", "/v1/webhook_endpoints/:id", updateParams, (world, params, { id }) =>
    updateEndpoint(world, id, params),
  ),
  route("DELETE", "/v1/webhook_endpoints/:id", schema({}), (world, _, { id }) => {
    world.store.webhookEndpoints.delete(getEndpoint(world, id).id);
    return { id, object: "webhook_endpoint", deleted: true };
  }),
];
