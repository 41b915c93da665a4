import type { SecretName } from "@turnpike/settings";
import { Config, type StackContext } from "sst/constructs";

/** Set with `npx sst secrets load FILE --stage STAGE`; a function reads only those it is bound to. */
export function Secrets({ stack }: StackContext) {
  const secret = (name: SecretName) => new Config.Secret(stack, name);
  return {
    stripeSecretKey: secret("STRIPE_SECRET_KEY"),
    stripeWebhookSecret: secret("STRIPE_WEBHOOK_SECRET"),
    supabaseSecretKey: secret("SUPABASE_SECRET_KEY"),
  };
}
