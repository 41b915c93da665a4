import type { App, FunctionProps } from "sst/constructs";
import { bundling } from "./bundling/index.ts";
import { environment } from "./environment.ts";

/** What every Lambda has in common. */
export function functionDefaults(app: App): FunctionProps {
  return {
    runtime: "nodejs22.x",
    architecture: "arm_64",
    memorySize: "512 MB",
    timeout: "20 seconds",
    logRetention: app.stage === "prod" ? "three_months" : "one_week",
    environment: environment("STRIPE_API_BASE"),
    nodejs: bundling,
  };
}
