import { newId } from "../state/ids.ts";
import type { Store } from "../state/store.ts";
import type { EventBridgeDestination } from "./partner-events.ts";

/** A place that events are sent to. `enabledEvents` as Stripe's: names, or `*` for all. */
export interface WebhookEndpoint {
  url: string;
  secret: string;
  enabledEvents: readonly string[];
  /** The version of the API in which the endpoint's events are shown; default: that of the pinned stripe package. */
  apiVersion?: string;
}

export interface Endpoint extends Omit<WebhookEndpoint, "secret"> {
  /** Where it is no address that is posted to, but EventBridge; its event source is the `url` then. */
  put?: EventBridgeDestination["put"];
  id: string;
  enabled: boolean;
  /** The newest first; a rolled one signs along until it expires. */
  secrets: readonly string[];
}

/** The endpoints and destinations that were configured, and the endpoints that were made by API. */
export class Endpoints {
  readonly #configured: readonly (WebhookEndpoint & { id: string })[];
  readonly #destinations: readonly EventBridgeDestination[];
  readonly #store: Store;

  constructor(configured: readonly WebhookEndpoint[], destinations: readonly EventBridgeDestination[], store: Store) {
    this.#destinations = destinations;
    this.#configured = configured.map((endpoint, index) => ({ ...endpoint, id: `we_${index + 1}` }));
    this.#store = store;
  }

  all(): Endpoint[] {
    return [
      ...this.#configured.map(({ secret, ...endpoint }) => ({
        ...endpoint,
        enabled: !this.#store.disabledEndpoints.find(endpoint.id),
        secrets: this.#secrets(endpoint.id, secret),
      })),
      ...this.#destinations.map(({ eventSource, enabledEvents, put }) => {
        const id = eventSource.replace(/^.*\//, "");
        const enabled = !this.#store.disabledEndpoints.find(id);
        return { id, url: eventSource, enabledEvents, enabled, secrets: [], put };
      }),
      ...this.#store.webhookEndpoints.all().map(({ id, url, status, enabled_events, api_version, secret = "" }) => ({
        id,
        url,
        enabledEvents: enabled_events,
        enabled: status === "enabled",
        secrets: this.#secrets(id, secret),
        ...(api_version === null ? {} : { apiVersion: api_version }),
      })),
    ];
  }

  enabled(): Endpoint[] {
    return this.all().filter(({ enabled }) => enabled);
  }

  find(id: string): Endpoint | undefined {
    return this.all().find((endpoint) => endpoint.id === id);
  }

  wanting(type: string): Endpoint[] {
    return this.enabled().filter(({ enabledEvents }) => enabledEvents.includes("*") || enabledEvents.includes(type));
  }

  /** A new secret; the old one signs along for so many seconds (https://docs.stripe.com/webhooks#roll-endpoint-secrets). */
  roll(id: string, overlapS: number): string | undefined {
    const endpoint = this.find(id);
    if (!endpoint) return undefined;
    const secret = newSecret();
    const previous = endpoint.secrets[0] ?? "";
    this.#store.rolledSecrets.put({ id, secret, previous, until: Date.now() + overlapS * 1000 });
    return secret;
  }

  #secrets(id: string, original: string): string[] {
    const rolled = this.#store.rolledSecrets.find(id);
    if (!rolled) return [original];
    return rolled.until > Date.now() ? [rolled.secret, rolled.previous] : [rolled.secret];
  }
}

export const newSecret = (): string => `whsec_${newId("", 32).slice(1)}`;
