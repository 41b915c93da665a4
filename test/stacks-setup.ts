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
  });
  await sst(["build", "--stage", "dev", "--to", `${ASSEMBLIES}/dev`], {
    SITE_CERTIFICATE_ARN: "arn:aws:acm:us-east-1:123456789012:certificate/6a5f0f0e-1111-4222-8333-123456789012",
    TRACING: "on",
  });
}
