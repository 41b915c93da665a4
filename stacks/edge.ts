import { readSetting } from "@turnpike/settings";
import { Cron, type StackContext } from "sst/constructs";

/** Looks at the site from outside, on stages that are watched: see `stage.ts`. */
export function Edge({ stack }: StackContext) {
  new Cron(stack, "WatchEdge", {
    schedule: "rate(1 minute)",
    job: {
      function: {
        handler: "packages/functions/src/watch-edge.handler",
        memorySize: "256 MB",
        environment: { SITE_URL: readSetting("SITE_URL") },
      },
    },
  });
}
