import type { SSTConfig } from "sst";
import { stacks } from "./stacks/index.ts";

// SST would send each command to its makers, word for word, with whatever secret stands in it.
process.env.SST_TELEMETRY_DISABLED ||= "1";

export default {
  config: () => ({ name: "turnpike", region: process.env.AWS_REGION ?? "us-east-1" }),
  stacks,
} satisfies SSTConfig;
