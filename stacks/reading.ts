import { TIME_LIMITS } from "@turnpike/settings";
import { Cron, type StackContext, use } from "sst/constructs";
import { environment } from "./environment.ts";
import { Secrets } from "./secrets.ts";

/**
 * Reads what Stripe holds into the mirror: all of it at the first start, and again and again, slowly, ever after. A run works for most
 * of a minute and the next goes on from its last page, so none comes near its time limit, however large the account is. Which run
 * works is decided in Postgres: two never do.
 */
export function Reading({ stack }: StackContext) {
  const { stripeSecretKey, supabaseSecretKey } = use(Secrets);

  new Cron(stack, "ReadAccount", {
    schedule: "rate(1 minute)",
    job: {
      function: {
        handler: "packages/functions/src/read-account.handler",
        timeout: TIME_LIMITS.background.reading / 1000,
        bind: [stripeSecretKey, supabaseSecretKey],
        environment: environment("SUPABASE_URL"),
      },
    },
  });
}
