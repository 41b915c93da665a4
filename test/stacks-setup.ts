import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { sst } from "./sst.ts";
import { ASSEMBLIES, EVENT_SOURCE, MADE } from "./templates.ts";

/**
 * Has SST make the templates that the tests read, once for all of them: it takes ten seconds a stage. Other tests run meanwhile,
 * and those of the stacks wait in stacks-made.ts.
 */
export default function setup(): () => Promise<void> {
  rmSync(ASSEMBLIES, { recursive: true, force: true });
  mkdirSync(ASSEMBLIES, { recursive: true });
  const made = synthesize().then(
    () => writeFileSync(MADE, ""),
    (error: Error) => writeFileSync(MADE, error.message),
  );
  return () => made;
}

async function synthesize(): Promise<void> {
  await sst(["diff", "--stage", "prod", "--to", `${ASSEMBLIES}/prod`], {
    ALARM_EMAIL: "ops@example.com",
    SITE_HOSTED_ZONE_ID: "Z0123456789ABCDEFGHIJ",
    WAF: "on",
    STRIPE_CUSTOM_DOMAINS: "pay.example.com",
    BILLING_CONFIG: "docs/billing.config.ts",
  });
  await sst(["build", "--stage", "prod", "--to", `${ASSEMBLIES}/frankfurt`], {
    AWS_REGION: "eu-central-1",
    ALARM_EMAIL: "ops@shop.example",
    APP_NAME: "shop",
    STRIPE_EVENT_DESTINATION: "eventbridge",
    STRIPE_EVENT_SOURCE: EVENT_SOURCE,
    DEPLOY_AT_ONCE: "on",
  });
  await sst(["build", "--stage", "staging", "--to", `${ASSEMBLIES}/staging`]);
  await sst(["build", "--stage", "dev", "--to", `${ASSEMBLIES}/dev`], {
    TRACING: "on",
    ALLOWED_ORIGINS: "https://shop.example,https://www.shop.example",
  });
}
