import type Stripe from "stripe";
import { enabledEvents } from "../mirror/index.ts";
import { STRIPE_API_VERSION } from "../stripe/version.ts";
import { changesOf, type Step } from "./plan.ts";

/**
 * What makes Stripe send its events to an address: one endpoint, of the pinned version, with the events of the mirror. A version
 * cannot be changed: another endpoint is made, and the old one goes on until it is retired, when the secret of the new one is set.
 * @param retire whether it may go now
 */
export async function planWebhook(stripe: Stripe, url: string, retire: boolean): Promise<Step[]> {
  const { data } = await stripe.webhookEndpoints.list({ limit: 100 });
  const ours = data.filter((endpoint) => endpoint.url.replace(/\/$/, "") === url);
  const pinned = ours.filter(({ api_version }) => api_version === STRIPE_API_VERSION);
  const current = pinned.find(({ status }) => status === "enabled") ?? pinned[0];
  const older = ours.filter((endpoint) => endpoint !== current && endpoint.status === "enabled");
  const base = { what: "webhook endpoint", name: url } as const;
  if (!current) {
    const note =
      older.length > 0
        ? `${older.map(({ id }) => id).join(", ")} goes on until the new secret is set: then run this with --retire.`
        : null;
    const changes = changesOf({}, { version: STRIPE_API_VERSION, events: `${enabledEvents.length}` });
    return [{ ...base, does: "create", changes, note, run: create(url) }];
  }
  const retired = older.map((endpoint) => archive(endpoint));
  return [...change(current), ...(retire ? retired : [])];
}

function create(url: string): Step["run"] {
  return async ({ stripe, keepWebhookSecret }) => {
    const { id, secret } = await stripe.webhookEndpoints.create({
      url,
      api_version: STRIPE_API_VERSION,
      enabled_events: enabledEvents as Stripe.WebhookEndpointCreateParams.EnabledEvent[],
      description: "Turnpike",
    });
    try {
      await keepWebhookSecret(secret ?? "");
    } catch (error) {
      // An endpoint whose secret nobody knows is of no use, and the next run would take it for done.
      await stripe.webhookEndpoints.del(id);
      throw error;
    }
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
