import type { App } from "sst/constructs";
import { Api } from "./api.ts";
import { Edge } from "./edge.ts";
import { Events } from "./events.ts";
import { functionDefaults } from "./function-defaults.ts";
import { Monitoring } from "./monitoring.ts";
import { checkAwsRules } from "./nag.ts";
import { Reading } from "./reading.ts";
import { Reconcile } from "./reconcile.ts";
import { Relay } from "./relay.ts";
import { useOneRuntime } from "./runtime.ts";
import { Secrets } from "./secrets.ts";
import { Site } from "./site.ts";
import { assertAllowed, stageOf } from "./stage.ts";

/** The whole system, in the order in which its parts need each other. The local runtime reads it from here too. */
export function stacks(app: App): void {
  assertAllowed(app);
  if (!stageOf(app).isProtected) app.setDefaultRemovalPolicy("destroy");
  app.setDefaultFunctionProps(functionDefaults(app));
  const system = app.stack(Secrets).stack(Relay).stack(Events).stack(Api).stack(Reconcile).stack(Reading).stack(Site);
  if (stageOf(app).isWatched) system.stack(Edge).stack(Monitoring);
  useOneRuntime(app);
  checkAwsRules(app);
}
