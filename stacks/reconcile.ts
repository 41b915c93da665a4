import { TIME_LIMITS } from "@turnpike/settings";
import { Cron, type StackContext, use } from "sst/constructs";
import { environment } from "./environment.ts";
import { Events } from "./events.ts";
import { Secrets } from "./secrets.ts";
import { sendTo } from "./send-to.ts";

/** Finds what the webhook missed: lists Stripe's events on a schedule and queues those that the ledger lacks. */
export function Reconcile({ stack }: StackContext) {
  const { stripeSecretKey, supabaseSecretKey } = use(Secrets);
  const { events } = use(Events);

  const cron = new Cron(stack, "Reconcile", {
    schedule: "rate(15 minutes)",
    job: {
      function: {
        handler: "packages/functions/src/reconcile.handler",
        timeout: TIME_LIMITS.background.reconciliation / 1000,
        bind: [stripeSecretKey, supabaseSecretKey],
        environment: environment("SUPABASE_URL"),
      },
    },
  });
  sendTo(events, cron.jobFunction);
}
