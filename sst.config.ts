import type { SSTConfig } from "sst";
import { stacks } from "./stacks/index.ts";
import { appName } from "./stacks/names.ts";

// SST would send each command to its makers, word for word, with whatever secret stands in it.
process.env.SST_TELEMETRY_DISABLED ||= "1";

export default {
  config: (called) => ({ name: appName(called), region: process.env.AWS_REGION ?? "us-east-1" }),
  stacks,
} satisfies SSTConfig;
