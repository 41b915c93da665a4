import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";
import { type SettingsEnvironment, settings } from "@turnpike/settings";
import { startAwsStub } from "./aws-stub.ts";
import { SECRET_CANARY } from "./templates.ts";

/** Every setting, so that neither a developer's environment nor an `.env` file has a say. */
const SETTINGS: SettingsEnvironment = {
  ...Object.fromEntries(Object.keys(settings).map((name) => [name, ""])),
  STRIPE_SECRET_KEY: `sk_test_${SECRET_CANARY}`,
  STRIPE_WEBHOOK_SECRET: `whsec_${SECRET_CANARY}`,
  SUPABASE_SECRET_KEY: `sb_secret_${SECRET_CANARY}`,
  SITE_URL: "https://app.example.com",
  SUPABASE_URL: "https://project.supabase.co",
  SUPABASE_PUBLISHABLE_KEY: "sb_publishable_test",
};

/**
 * Runs `sst` as it runs before a deploy, with no account. Two must not run at once: they share `.sst/artifacts` and the site's
 * build.
 * @throws Error with all that it printed, when it exits with anything but 0
 */
export async function sst(args: string[], stage: SettingsEnvironment & NodeJS.ProcessEnv = {}): Promise<void> {
  const aws = await startAwsStub();
  const { PATH, HOME, NODE_COMPILE_CACHE } = process.env;
  const env = {
    PATH: `${resolve("test/bin")}:${PATH}`,
    HOME,
    ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }), // as `npm start` has it: CDK is 35 MB of JavaScript
    ...SETTINGS,
    SST_TELEMETRY_DISABLED: "1", // with it on, a build that fails exits 0
    AWS_REGION: "us-east-1",
    ...stage,
    AWS_ENDPOINT_URL: aws.url,
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
