import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { startAwsStub } from "./aws-stub.ts";
import { SECRET_CANARY } from "./templates.ts";

/** Every setting, so that neither a developer's environment nor an `.env` file has a say. */
const SETTINGS = {
  SITE_URL: "https://app.example.com",
  ALLOWED_ORIGINS: "",
  SUPABASE_URL: "https://project.supabase.co",
  SUPABASE_PUBLISHABLE_KEY: "sb_publishable_test",
  STRIPE_API_BASE: "",
  STRIPE_SECRET_KEY: SECRET_CANARY,
  STRIPE_WEBHOOK_SECRET: SECRET_CANARY,
  SUPABASE_SECRET_KEY: SECRET_CANARY,
  TRACING: "",
  ALARM_EMAIL: "",
  WAF: "",
  SITE_HOSTED_ZONE_ID: "",
  SITE_CERTIFICATE_ARN: "",
};

/**
 * Runs `sst` as it runs before a deploy, with no account. Two must not run at once: they share `.sst/artifacts` and the site's
 * build.
 * @throws Error with all that it printed, when it exits with anything but 0
 */
export async function sst(args: string[], settings: Partial<typeof SETTINGS> = {}): Promise<void> {
  const aws = await startAwsStub();
  const { PATH, HOME } = process.env;
  const env = {
    PATH,
    HOME,
    ...SETTINGS,
    ...settings,
    SST_TELEMETRY_DISABLED: "1", // with it on, a build that fails exits 0
    AWS_ENDPOINT_URL: aws.url,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  };
  try {
    await promisify(execFile)(process.execPath, ["node_modules/sst/cli/sst.js", ...args], { env });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`"sst ${args.join(" ")}" failed:\n${stdout}\n${stderr}`);
  } finally {
    aws.close();
  }
}
