import { Config, type StackContext } from "sst/constructs";

/** Set with `npx sst secrets set NAME value --stage STAGE`; a function reads only those it is bound to. */
export function Secrets({ stack }: StackContext) {
  return {
    stripeSecretKey: new Config.Secret(stack, "STRIPE_SECRET_KEY"),
    stripeWebhookSecret: new Config.Secret(stack, "STRIPE_WEBHOOK_SECRET"),
    supabaseSecretKey: new Config.Secret(stack, "SUPABASE_SECRET_KEY"),
  };
}
