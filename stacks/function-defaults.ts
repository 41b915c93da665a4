import { readSetting, TIME_LIMITS } from "@turnpike/settings";
import type { App, FunctionProps } from "sst/constructs";
import { bundling } from "./bundling/index.ts";
import { environment } from "./environment.ts";
import { RUNTIME } from "./runtime.ts";
import { stageOf } from "./stage.ts";

/** What every Lambda has in common. */
export function functionDefaults(app: App): FunctionProps {
  return {
    runtime: RUNTIME,
    architecture: "arm_64",
    memorySize: "512 MB",
    timeout: TIME_LIMITS.route.function / 1000,
    logRetention: stageOf(app).logRetention,
    tracing: readSetting("TRACING") ? "active" : "disabled",
    environment: environment("STRIPE_API_BASE"),
    nodejs: bundling,
  };
}
