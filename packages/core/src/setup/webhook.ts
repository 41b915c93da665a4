import type Stripe from "stripe";
import { enabledEvents } from "../mirror/index.ts";
import { STRIPE_API_VERSION } from "../stripe/version.ts";
import { changesOf, type Progress, type Step } from "./plan.ts";

/**
 * In an endpoint's metadata, from when it is made until its secret is kept. Stripe shows the secret once: one that still has this mark
 * when we come again is an endpoint whose secret nobody may know.
 */
const SECRET = "turnpike_secret";
const NOT_KEPT = "not kept yet";

/** Whether it was made by a run that was cut off before the secret was kept. */
export function isSecretLost({ metadata }: Stripe.WebhookEndpoint): boolean {
  return metadata?.[SECRET] === NOT_KEPT;
}

/** Whether an endpoint sends to an address. */
export function sendsTo(endpoint: Stripe.WebhookEndpoint, url: string): boolean {
  return endpoint.url.replace(/\/$/, "") === url;
}

/**
 * What makes Stripe send its events to an address: one endpoint, of the pinned version, with the events of the mirror. A version
 * cannot be changed: another endpoint is made, and the old one goes on until it is retired, when the secret of the new one is set.
 * @param retire whether it may go now
 */
export async function planWebhook(stripe: Stripe, url: string, retire: boolean): Promise<Step[]> {
  const { data } = await stripe.webhookEndpoints.list({ limit: 100 });
  const ours = data.filter((endpoint) => sendsTo(endpoint, url));
  const lost = ours.filter(isSecretLost);
  const whole = ours.filter((endpoint) => !isSecretLost(endpoint));
  const pinned = whole.filter(({ api_version }) => api_version === STRIPE_API_VERSION);
  const current = pinned.find(({ status }) => status === "enabled") ?? pinned[0];
  const older = whole.filter((endpoint) => endpoint !== current && endpoint.status === "enabled");
  if (!current) return [create(url, older, lost)];
  const retired = older.map((endpoint) => archive(endpoint));
  return [...change(current), ...lost.map(drop), ...(retire ? retired : [])];
}

function create(url: string, older: Stripe.WebhookEndpoint[], lost: Stripe.WebhookEndpoint[]): Step {
  const ids = (endpoints: Stripe.WebhookEndpoint[]) => endpoints.map(({ id }) => id).join(", ");
  const notes = [
    ...(lost.length > 0
      ? [`${ids(lost)} was made by a run that was cut off: nobody knows its secret. It is deleted.`]
      : []),
    ...(older.length > 0 ? [`${ids(older)} goes on until the new secret is set: then run this with --retire.`] : []),
  ];
  return {
    does: lost.length > 0 ? "replace" : "create",
    what: "webhook endpoint",
    name: url,
    changes: changesOf({}, { version: STRIPE_API_VERSION, events: `${enabledEvents.length}` }),
    note: notes.join("\n    ") || null,
    run: async (progress) => {
      await createEndpoint(url, progress);
      for (const { id } of lost) await progress.stripe.webhookEndpoints.del(id);
    },
  };
}

async function createEndpoint(url: string, { stripe, keepWebhookSecret }: Progress): Promise<void> {
  const { id, secret } = await stripe.webhookEndpoints.create({
    url,
    api_version: STRIPE_API_VERSION,
    enabled_events: enabledEvents as Stripe.WebhookEndpointCreateParams.EnabledEvent[],
    description: "Turnpike",
    metadata: { [SECRET]: NOT_KEPT },
  });
  try {
    await keepWebhookSecret(secret ?? "");
  } catch (error) {
    // An endpoint whose secret nobody knows is of no use.
    await stripe.webhookEndpoints.del(id);
    throw error;
  }
  await stripe.webhookEndpoints.update(id, { metadata: { [SECRET]: "" } });
}

/** Beside one that is whole. */
function drop({ id, url }: Stripe.WebhookEndpoint): Step {
  return {
    does: "delete",
    what: "webhook endpoint",
    name: `${id} to ${url}`,
    changes: [],
    note: "It was made by a run that was cut off: nobody knows its secret, and another endpoint is in its place.",
    run: async ({ stripe }) => void (await stripe.webhookEndpoints.del(id)),
  };
}

function change({ id, url, status, enabled_events: sent }: Stripe.WebhookEndpoint): Step[] {
  const wanted = new Set<string>(enabledEvents);
  const list = (types: string[]) => (types.length === 0 ? null : types.join(", "));
  const more = list(enabledEvents.filter((type) => !(sent as string[]).includes(type)));
  const fewer = list(sent.filter((type) => !wanted.has(type)));
  const changes = [
    ...(more ? [{ field: "events", from: null, to: more }] : []),
    ...(fewer ? [{ field: "events", from: fewer, to: null }] : []),
    ...(status === "enabled" ? [] : [{ field: "status", from: status, to: "enabled" }]),
  ];
  if (changes.length === 0) return [];
  const params = {
    enabled_events: enabledEvents as Stripe.WebhookEndpointUpdateParams.EnabledEvent[],
    disabled: false,
  };
  const run: Step["run"] = async ({ stripe }) => void (await stripe.webhookEndpoints.update(id, params));
  return [{ does: "change", what: "webhook endpoint", name: url, changes, note: null, run }];
}

function archive({ id, url, api_version }: Stripe.WebhookEndpoint): Step {
  return {
    does: "archive",
    what: "webhook endpoint",
    name: `${id} to ${url}, version ${api_version ?? "of the account"}`,
    changes: [],
    note: "It is disabled, and can be enabled again. Is the new endpoint's secret set?",
    run: async ({ stripe }) => void (await stripe.webhookEndpoints.update(id, { disabled: true })),
  };
}
