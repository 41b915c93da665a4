import type { NodeJSProps } from "sst/constructs";
import { budget } from "./budget.ts";
import { leaveOut } from "./leave-out.ts";
import { nodeBuiltins } from "./node-builtins.ts";
import { stripeWebhooks } from "./stripe-webhooks.ts";

/** How the functions are bundled. Each choice and what it gains: docs/decisions/0008-bundles-made-for-cold-starts.md. */
export const bundling: NodeJSProps = {
  format: "esm",
  minify: true,
  // The maps lie beside the code, and nothing reads them at run time. Else SST uploads them, by a function that may write to
  // CDK's bucket of assets.
  sourcemap: true,
  esbuild: {
    target: "node22",
    // 10 KB of names that no code of ours or of the libraries reads.
    keepNames: false,
    legalComments: "none",
    // SST's own banner makes a `require` of two imports; nothing of ours needs one.
    banner: {},
    inject: ["stacks/bundling/stand-ins/fetch.ts"],
    define: { "process.env.NODE_ENV": '"production"' },
    plugins: [nodeBuiltins, stripeWebhooks, leaveOut, budget],
  },
};
