import { rmSync } from "node:fs";
import { sst } from "./sst.ts";
import { ASSEMBLIES } from "./templates.ts";

/** Has SST make the templates that the tests read, once for all of them: it takes ten seconds a stage. */
export default async function synthesize(): Promise<void> {
  rmSync(ASSEMBLIES, { recursive: true, force: true });
  await sst(["diff", "--stage", "prod", "--to", `${ASSEMBLIES}/prod`], {
    ALARM_EMAIL: "ops@example.com",
    SITE_HOSTED_ZONE_ID: "Z0123456789ABCDEFGHIJ",
    WAF: "on",
    STRIPE_CUSTOM_DOMAINS: "pay.example.com",
  });
  await sst(["build", "--stage", "dev", "--to", `${ASSEMBLIES}/dev`], { TRACING: "on" });
}
