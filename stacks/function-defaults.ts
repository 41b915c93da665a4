import { readSetting } from "@turnpike/settings";
import type { App, FunctionProps } from "sst/constructs";
import { bundling } from "./bundling/index.ts";
import { environment } from "./environment.ts";
import { stageOf } from "./stage.ts";

/** What every Lambda has in common. */
export function functionDefaults(app: App): FunctionProps {
  return {
    runtime: "nodejs22.x",
    architecture: "arm_64",
    memorySize: "512 MB",
    timeout: "20 seconds",
    logRetention: stageOf(app).logRetention,
    tracing: readSetting("TRACING") ? "active" : "disabled",
    environment: environment("STRIPE_API_BASE"),
    nodejs: bundling,
  };
}
