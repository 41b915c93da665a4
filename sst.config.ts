import type { SSTConfig } from "sst";
import { stacks } from "./stacks/index.ts";

export default {
  config: () => ({ name: "turnpike", region: process.env.AWS_REGION ?? "us-east-1" }),
  stacks,
} satisfies SSTConfig;
