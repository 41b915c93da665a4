import Stripe from "stripe";
import { SECRET_KEY, WEBHOOK_SECRET } from "./account.ts";
import { KEYS } from "./database.ts";

/** What the stacks give to the functions. */
export function setEnvironment(): void {
  Object.assign(process.env, {
    SITE_URL: "https://app.test",
    SUPABASE_URL: "https://supabase.test",
    SUPABASE_PUBLISHABLE_KEY: KEYS.publishableKey,
    STRIPE_API_BASE: "https://stripe.test",
    BUILD: "simulated",
    SST_APP: "turnpike",
    SST_STAGE: "simulated",
    SST_Secret_value_STRIPE_SECRET_KEY: SECRET_KEY,
    SST_Secret_value_STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
    SST_Secret_value_SUPABASE_SECRET_KEY: KEYS.secretKey,
    SST_Queue_queueUrl_StripeEvents: "https://sqs.test/000000000000/events",
    SST_Queue_queueUrl_StripeEventsDlq: "https://sqs.test/000000000000/dead-letters",
    SST_Queue_queueUrl_RelayWakeUps: "https://sqs.test/000000000000/wake-ups",
    OPERATOR_TOPIC_ARN: "arn:aws:sns:us-east-1:000000000000:operator",
    AWS_ENDPOINT_URL_SNS: "https://sns.test",
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "simulated",
    AWS_SECRET_ACCESS_KEY: "simulated",
  });
}

/** Stripe's client for Node opens sockets; its other one calls `fetch`. Both are to show headers in one way: as Node does. */
export function letStripeFetch(): void {
  const { _platformFunctions: platform } = Stripe as unknown as { _platformFunctions: object };
  const fetchLikeNode = async (url: string | URL | Request, init?: RequestInit) => {
    const response = await fetch(url, init);
    const value = Object.fromEntries(response.headers);
    Object.defineProperty(value, Symbol.iterator, { value: () => Object.entries(value)[Symbol.iterator]() });
    return Object.defineProperty(response, "headers", { value });
  };
  Object.assign(platform, { createDefaultHttpClient: () => Stripe.createFetchHttpClient(fetchLikeNode) });
}
