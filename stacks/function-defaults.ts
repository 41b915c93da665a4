import type { App, FunctionProps } from "sst/constructs";
import { environment } from "./environment.ts";
import { isOn } from "./settings.ts";
import { stageOf } from "./stage.ts";

/** What every Lambda has in common. `@aws-sdk` stays outside the bundle: the runtime brings it. */
export function functionDefaults(app: App): FunctionProps {
  return {
    runtime: "nodejs22.x",
    architecture: "arm_64",
    memorySize: "512 MB",
    timeout: "20 seconds",
    logRetention: stageOf(app).logRetention,
    tracing: isOn("TRACING") ? "active" : "disabled",
    environment: { NODE_OPTIONS: "--enable-source-maps", ...environment("STRIPE_API_BASE") },
    nodejs: {
      format: "esm",
      minify: true,
      sourcemap: true,
      esbuild: { external: ["@aws-sdk/*"], target: "node22", legalComments: "none" },
    },
  };
}
