import { dirname } from "node:path";
import type { Plugin } from "./esbuild.ts";

/**
 * Gives core's check of signatures `Stripe.webhooks` without the rest of Stripe's client, which would be most of the
 * receiver's cold start. The package does not export that part alone; this is how its own entry point makes it.
 */
export const stripeWebhooks: Plugin = {
  name: "stripe-webhooks",
  setup(build) {
    build.onResolve({ filter: /^stripe$/ }, ({ importer }) =>
      /[\\/]packages[\\/]core[\\/]src[\\/]webhook[\\/][\w-]+\.ts$/.test(importer)
        ? { path: importer, namespace: "stripe-webhooks" }
        : undefined,
    );
    build.onLoad({ filter: /.*/, namespace: "stripe-webhooks" }, async ({ path }) => {
      const stripe = await build.resolve("stripe", { kind: "import-statement", resolveDir: dirname(path) });
      return {
        contents: `
          import { NodePlatformFunctions } from "./platform/NodePlatformFunctions.js";
          import { createWebhooks } from "./Webhooks.js";
          export default { webhooks: createWebhooks(new NodePlatformFunctions()) };
        `,
        resolveDir: dirname(stripe.path),
      };
    });
  },
};
