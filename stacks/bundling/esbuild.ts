import type { NodeJSProps } from "sst/constructs";

/** The options of the esbuild that SST brings along. */
export type BuildOptions = NonNullable<NodeJSProps["esbuild"]>;
export type Plugin = NonNullable<BuildOptions["plugins"]>[number];
