import type { SecretName } from "@turnpike/settings";
import { Config, type StackContext } from "sst/constructs";
import { intake } from "./intake.ts";

/** Set with `npx sst secrets load FILE --stage STAGE`; a function reads only those it is bound to. */
export function Secrets({ stack }: StackContext) {
  const secret = (name: SecretName) => new Config.Secret(stack, name);
  return {
    stripeSecretKey: secret("STRIPE_SECRET_KEY"),
    stripeWebhookSecret: intake().webhook ? secret("STRIPE_WEBHOOK_SECRET") : undefined,
    supabaseSecretKey: secret("SUPABASE_SECRET_KEY"),
  };
}
