import { environmentText } from "@turnpike/settings";
import { RemovalPolicy } from "aws-cdk-lib";
import type { App, FunctionProps } from "sst/constructs";

/** What is decided per stage. Everything else is the same everywhere, so that staging shows what prod will do. */
export interface Stage {
  /** Its data outlives its stacks, and neither `sst remove` nor `sst dev` may touch it. */
  isProtected: boolean;
  /** Whether someone is told when something is wrong: alarms and a dashboard. */
  isWatched: boolean;
  logRetention: NonNullable<FunctionProps["logRetention"]>;
}

/** The stage that `npm start` runs. */
const LOCAL = "local";

const STAGES: Record<string, Stage> = {
  prod: { isProtected: true, isWatched: true, logRetention: "three_months" },
  staging: { isProtected: false, isWatched: true, logRetention: "one_month" },
};

/** `dev`, and whatever stage a person makes for themselves. */
const PERSONAL: Stage = { isProtected: false, isWatched: false, logRetention: "one_week" };

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

/**
 * Refuses `sst remove` for a protected stage, and `sst dev`, which would put a laptop in the place of its functions. Refuses to deploy
 * any stage that sends Stripe's key to another server: a laptop's `.env`, which `sst` reads too, may name one.
 * @throws Error that says where to read on
 */
export function assertAllowed(app: App): void {
  if (app.mode === "deploy" && app.stage !== LOCAL && environmentText("STRIPE_API_BASE")) {
    throw new Error("STRIPE_API_BASE is for a laptop: leave it empty, a deployed stage asks Stripe itself.");
  }
  if (app.mode === "deploy" || !stageOf(app).isProtected) return;
  throw new Error(`The stage ${app.stage} is protected from "sst ${app.mode}": see docs/upgrade-and-teardown.md.`);
}
