import { createHmac } from "node:crypto";
import { findRoute, toEvent } from "@turnpike/local/testing/aws";
import type { SystemDescription } from "@turnpike/local/testing/stacks";
import { accessToken, SUBSCRIBER_ID, WEBHOOK_SECRET } from "./stand-ins.ts";

const EVENTS_A_BATCH = 10;
const JSON_TYPE = { "content-type": "application/json" };

/** What each function is asked, as API Gateway and SQS put it. */
export function requestsOf({ routes }: SystemDescription, url: string): Record<string, () => unknown> {
  const bearer = { authorization: `Bearer ${accessToken(url)}` };
  const http = (method: string, target: string, headers: Record<string, string>, body = "") => {
    const match = findRoute(routes, method, target);
    if (!match || "allowedMethods" in match) throw new Error(`There is no route ${method} ${target}`);
    const rawHeaders = Object.entries(headers).flat();
    const request = { method, target, rawHeaders, body: Buffer.from(body), sourceIp: "127.0.0.1", httpVersion: "1.1" };
    return toEvent(request, match, "request-1", new Date());
  };
  const postJson = (target: string, body: object, who = bearer) =>
    http("POST", target, { ...JSON_TYPE, ...who }, JSON.stringify(body));
  const site = "http://localhost:3000";
  const purchase = { priceId: "price_1", successUrl: `${site}/a`, cancelUrl: `${site}/b`, mode: "subscription" };
  const subscriber = { authorization: `Bearer ${accessToken(url, SUBSCRIBER_ID)}` };
  const ofSubscription = (what: string, more: object = {}) =>
    postJson(`/api/subscriptions/${what}`, { subscriptionId: "sub_1", ...more }, subscriber);
  const form = { "content-type": "application/x-www-form-urlencoded", ...bearer };
  return {
    "receive-stripe-event": () => {
      const body = JSON.stringify(stripeEvent(0));
      return http("POST", "/api/webhooks/stripe", { ...JSON_TYPE, "stripe-signature": signatureOf(body) }, body);
    },
    "apply-stripe-events": () => ({
      Records: Array.from({ length: EVENTS_A_BATCH }, (_, index) => ({
        messageId: `message-${index}`,
        body: JSON.stringify({ event: stripeEvent(index) }),
      })),
    }),
    "create-checkout": () => postJson("/api/stripe/create-checkout", purchase),
    "create-checkout-session": () => http("POST", "/api/checkout_sessions", form, "price_id=price_1"),
    "create-portal": () => postJson("/api/stripe/create-portal", { returnUrl: `${site}/account` }),
    "next-payment": () => ofSubscription("next-payment"),
    "preview-change": () => ofSubscription("preview-change", { priceId: "price_1" }),
    "change-plan": () => ofSubscription("change", { priceId: "price_1", token: `thy2o0.${"0".repeat(64)}` }),
    "cancel-subscription": () => ofSubscription("cancel"),
    "resume-subscription": () => ofSubscription("resume"),
    "get-checkout-session": () => http("GET", "/api/checkout_sessions/cs_test_1", bearer),
    health: () => http("GET", "/api/health", {}),
    "read-account": () => ({}),
    reconcile: () => ({}),
    "relay-notices": () => ({}),
  };
}

/** What is no success, and is measured all the same: a preview is too old, so that all is asked anew and nothing is written. */
export const REFUSED: Record<string, number> = { "change-plan": 409 };

/** An event of 4 KB, as many are. */
function stripeEvent(index: number) {
  const object = {
    id: `prod_${index}`,
    object: "product",
    name: "Pro",
    active: true,
    created: 1_790_000_000,
    description: "x".repeat(3500),
    images: [],
    marketing_features: [],
    metadata: {},
    default_price: null,
  };
  return {
    id: `evt_${index}`,
    object: "event",
    type: "product.created",
    created: 1_790_000_000 + index,
    livemode: false,
    data: { object },
  };
}

/** https://docs.stripe.com/webhooks/signature */
function signatureOf(body: string): string {
  const seconds = Math.floor(Date.now() / 1000);
  return `t=${seconds},v1=${createHmac("sha256", WEBHOOK_SECRET).update(`${seconds}.${body}`).digest("hex")}`;
}
