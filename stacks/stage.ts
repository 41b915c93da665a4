import { assertSettings, environmentText, readSetting } from "@turnpike/settings";
import { RemovalPolicy } from "aws-cdk-lib";
import type { App, FunctionProps } from "sst/constructs";
import { intake } from "./intake.ts";

/** What is decided per stage. Everything else is the same everywhere, so that staging shows what prod will do. */
export interface Stage {
  /** Its data outlives its stacks, and neither `sst remove` nor `sst dev` may touch it. */
  isProtected: boolean;
  /** Whether someone is told when something is wrong: alarms and a dashboard. */
  isWatched: boolean;
  /** Whether a deploy moves requests to the new code little by little, and back when it fails: see `shift-traffic.ts`. */
  shiftsTraffic: boolean;
  logRetention: NonNullable<FunctionProps["logRetention"]>;
}

/** The stage that `npm start` runs. */
const LOCAL = "local";

const STAGES: Record<string, Stage> = {
  prod: { isProtected: true, isWatched: true, shiftsTraffic: true, logRetention: "three_months" },
  staging: { isProtected: false, isWatched: true, shiftsTraffic: false, logRetention: "one_month" },
};

/** `dev`, and whatever stage a person makes for themselves. */
const PERSONAL: Stage = { isProtected: false, isWatched: false, shiftsTraffic: false, logRetention: "one_week" };

export function stageOf(app: Pick<App, "stage">): Stage {
  return STAGES[app.stage] ?? PERSONAL;
}

/**
 * What becomes of a queue or a bucket when it leaves its stack. A protected stage keeps it, unless it was just created: a first
 * deploy that fails would leave behind what the second one cannot create.
 */
export function removalPolicyOf(stage: Stage): RemovalPolicy {
  return stage.isProtected ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY;
}

/** Without these a stage is deployed that can sell nothing. */
const NEEDED = ["SITE_URL", "SUPABASE_URL", "SUPABASE_PUBLISHABLE_KEY"] as const;
/** A word in a name by which people mean the stage that is `prod` here. */
const MEANT_FOR_PROD = /(^|-)(prod\w*|prd|live|main|master)(-|$)/i;

/**
 * Refuses `sst remove` for a protected stage, and `sst dev`, which would put a laptop in the place of its functions. Refuses to deploy
 * what cannot work.
 * @throws Error that says where to read on
 */
export function assertAllowed(app: App): void {
  if (!(app.stage in STAGES) && MEANT_FOR_PROD.test(app.stage))
    throw new Error(
      `The stage ${app.stage} would be a personal one, with no alarms, and nothing kept: --stage prod is meant.`,
    );
  if (app.stage !== LOCAL) assertNamed(app);
  // Also what no stack reads, but SST builds into the site, and a secret that stands beside them: it may have been loaded as it stands there.
  if (app.mode !== "remove" && app.stage !== LOCAL) assertSettings("deployed");
  if (app.mode === "deploy" && app.stage !== LOCAL) assertSet(stageOf(app));
  if (app.mode === "deploy" || !stageOf(app).isProtected) return;
  throw new Error(`The stage ${app.stage} is protected from "sst ${app.mode}": see docs/upgrade-and-teardown.md.`);
}

/** Its name is asked for before all files are read, and the last one that is read wins: the other product must not be meant. */
function assertNamed({ stage, name }: App): void {
  const said = readSetting("APP_NAME");
  if (said === name) return;
  throw new Error(
    `APP_NAME is "${said}" in a .env file, and "${name}" elsewhere: let .env.${stage} alone say it, and name the stage with --stage.`,
  );
}

/** `sst` reads a laptop's `.env`, too: what is meant for it must not reach a stage, nor stand in for what `.env.STAGE` leaves out. */
function assertSet({ isProtected }: Stage): void {
  if (environmentText("STRIPE_API_BASE"))
    throw new Error("STRIPE_API_BASE is for a laptop: leave it empty, a deployed stage asks Stripe itself.");
  const needed = [
    ...NEEDED,
    ...(isProtected ? (["ALARM_EMAIL"] as const) : []), // else it would ring, and nobody hear it
    ...(intake().eventBridge ? (["STRIPE_EVENT_SOURCE"] as const) : []),
  ];
  const missing = needed.filter((name) => !environmentText(name));
  if (missing.length > 0) throw new Error(`Not set: ${missing.join(", ")}. See docs/deploy.md#3-settings-and-secrets.`);
  if (!environmentText("SITE_URL")?.startsWith("https://"))
    throw new Error("SITE_URL must begin with https://: Stripe sends customers there, and cookies are for it alone.");
  if (!environmentText("SUPABASE_URL")?.startsWith("https://"))
    throw new Error("SUPABASE_URL must begin with https://: keys and what customers typed go there.");
}
