import type Stripe from "stripe";
import { enabledEvents } from "../mirror/index.ts";
import { isSecretLost, sendsTo } from "../setup/index.ts";
import { STRIPE_API_VERSION } from "../stripe/version.ts";
import { dataOf } from "../supabase/index.ts";
import { type Check, count, type Examined, type Found, span } from "./finding.ts";

const ENDPOINTS = "https://dashboard.stripe.com/webhooks";
const DAY_MS = 86_400_000;
// What is younger may still be on its way.
const UNDER_WAY_S = 300;

export const webhookEndpoint: Check = {
  name: "webhook endpoint",
  async look(subject): Promise<Found> {
    const { stripe, webhookUrl, eventSource, command } = subject;
    if (!webhookUrl)
      return {
        ok: eventSource
          ? "none is needed: EventBridge brings the events"
          : "the local system gets its events without one",
      };
    const { data } = await stripe.webhookEndpoints.list({ limit: 100 });
    const all = data.filter((endpoint) => sendsTo(endpoint, webhookUrl));
    const lost = all.find(isSecretLost);
    const ours = all.filter((endpoint) => !isSecretLost(endpoint));
    const why = "What happens at Stripe comes late, by the reconciliation alone, or not at all.";
    const others = data
      .filter(({ url }) => /\/api\/webhooks\/stripe\/?$/.test(url))
      .map(({ url }) => `there is one for ${url}`);
    if (lost) {
      return {
        says: `Nobody knows the signing secret of the endpoint ${lost.id}: setup was cut off`,
        why: "Stripe shows it once. What this endpoint sends is refused, and comes late by the reconciliation alone.",
        mend: command("setup --write-secret-to secret.env"),
      };
    }
    if (ours.length === 0) {
      return { says: `No endpoint sends to ${webhookUrl}`, details: others, why, mend: command("setup") };
    }
    const endpoint = ours.find(({ status }) => status === "enabled");
    if (!endpoint) return { says: `The endpoint ${ours[0]?.id} is disabled`, why, mend: command("setup") };
    const wanted = new Set<string>(endpoint.enabled_events.includes("*") ? enabledEvents : endpoint.enabled_events);
    const lacking = enabledEvents.filter((type) => !wanted.has(type));
    if (lacking.length > 0) {
      const says = `The endpoint ${endpoint.id} lacks ${count(lacking.length, "event")}`;
      return { says, details: lacking, why, mend: command("setup") };
    }
    if (!ours.some(({ api_version, status }) => status === "enabled" && api_version === STRIPE_API_VERSION)) {
      return {
        state: "warning",
        says: `The endpoint ${endpoint.id} sends in version ${endpoint.api_version ?? "of the account"}, and not in ${STRIPE_API_VERSION}`,
        why: "The mirror reads other versions too, as long as it knows them: a future one it does not.",
        mend: command("setup"),
      };
    }
    const twins = ours.filter(({ status }) => status === "enabled");
    if (twins.length > 1) {
      return {
        state: "warning",
        says: `${twins.length} endpoints send to ${webhookUrl}`,
        details: twins.map(({ id, api_version }) => `${id}, version ${api_version ?? "of the account"}`),
        why: "Every event comes more than once. It is applied once, and paid for each time.",
        mend: command("setup --retire"),
      };
    }
    return { ok: `${endpoint.id} sends ${enabledEvents.length} kinds of event in ${STRIPE_API_VERSION}` };
  },
};

export const events: Check = {
  name: "events",
  async look(subject) {
    const { stripe, supabase, command } = subject;
    const created = { gte: Math.floor((Date.now() - DAY_MS) / 1000), lte: Math.floor(Date.now() / 1000) - UNDER_WAY_S };
    const listed = (await stripe.events.list({ created, limit: 100 })).data.filter(isForUs);
    const ids = dataOf(await supabase.rpc("find_missing_stripe_events", { event_ids: listed.map(({ id }) => id) }));
    const missing = listed.filter(({ id }) => ids.includes(id));
    if (missing.length === 0) return lagOf(subject);
    const undelivered = missing.filter(({ pending_webhooks }) => pending_webhooks > 0);
    return {
      says: `${count(missing.length, "event")} of the last day ${missing.length === 1 ? "is" : "are"} not in the mirror`,
      details: [
        ...(undelivered.length > 0
          ? [
              `Stripe could not deliver ${undelivered.length}: the address, or STRIPE_WEBHOOK_SECRET, is not the endpoint's`,
            ]
          : []),
        ...missing
          .slice(0, 10)
          .map(({ id, type, created: at }) => `${id}  ${type}  ${new Date(at * 1000).toISOString()}`),
        ...(missing.length > 10 ? ["…"] : []),
      ],
      why: "Whoever paid in that time may see nothing of it, and those who left may still have access.",
      mend: [
        ...(undelivered.length > 0 ? [`see the deliveries at ${ENDPOINTS}`] : []),
        command("replay --since 1d"),
      ].join("\n"),
    };
  },
};

export const deliveries: Check = {
  name: "deliveries",
  async look({ stripe, webhookUrl, command }) {
    if (!webhookUrl) return { ok: "the local system gets its events without an endpoint" };
    const created = { gte: Math.floor((Date.now() - DAY_MS) / 1000), lte: Math.floor(Date.now() / 1000) - UNDER_WAY_S };
    const failed = (await stripe.events.list({ created, delivery_success: false, limit: 100 })).data.filter(isForUs);
    if (failed.length === 0) return { ok: "Stripe has delivered every event of the last day" };
    const { data } = await stripe.webhookEndpoints.list({ limit: 100 });
    const others = data.filter((endpoint) => endpoint.status === "enabled" && !sendsTo(endpoint, webhookUrl));
    return {
      // Stripe does not say which endpoint did not take them.
      state: others.length > 0 ? "warning" : "wrong",
      says: `Stripe could not deliver ${failed.length === 100 ? "100 or more events" : count(failed.length, "event")} of the last day`,
      details: others.map(({ id, url }) => `it may be ${id}, which sends to ${url}`),
      why: "The reconciliation brings them up to a quarter of an hour late, so that all looks well here.",
      mend: `see why at ${ENDPOINTS}: where it says 400, STRIPE_WEBHOOK_SECRET is not this endpoint's. Then ${command("doctor")}`,
    };
  },
};

function isForUs({ type, account }: Stripe.Event): boolean {
  return !account && (enabledEvents as string[]).includes(type);
}

async function lagOf({ state }: Examined): Promise<Found> {
  const { ledger } = await state();
  if (!ledger.last_created_at) return { ok: "none came within a day, and Stripe has none" };
  return {
    ok: `all of the last day are here; the last one was made ${span(Date.now() - Date.parse(ledger.last_created_at))} ago`,
  };
}

export const versions: Check = {
  name: "event version",
  async look({ state, command }) {
    const others = (await state()).ledger.api_versions.filter((version) => version !== STRIPE_API_VERSION);
    if (others.length === 0) return { ok: `events come in ${STRIPE_API_VERSION}` };
    return {
      state: "warning",
      says: `Events of the last day came in ${others.join(", ")}, and not in ${STRIPE_API_VERSION}`,
      why: "An endpoint was made or changed by hand; a future version may lack or rename fields.",
      mend: command("setup"),
    };
  },
};

export const failures: Check = {
  name: "failed events",
  async look({ state, command }) {
    const { failed } = await state();
    const [first] = failed;
    if (!first) return { ok: "none" };
    return {
      says: `${failed.length === 100 ? "100 or more events" : count(failed.length, "event")} could not be applied`,
      details: failed.slice(0, 10).map(({ id, type, reason }) => `${id}  ${type}  ${reason ?? ""}`),
      why: "What they say is not in the mirror.",
      mend: `mend what the reason names, then ${command(`replay ${failed.length === 1 ? first.id : "--failed"}`)}`,
    };
  },
};
