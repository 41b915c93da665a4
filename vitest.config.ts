import { defineConfig } from "vitest/config";
import { Order } from "./test/order.ts";

export default defineConfig({
  test: {
    // Two cores, and each worker waits for a third of its time: for a second to pass, a retry, a page. More would starve one another.
    maxWorkers: 3,
    sequence: { sequencer: Order },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    env: {
      JSII_DEPRECATED: "quiet", // SST uses what CDK is about to drop
      LITE_AUTH_BCRYPT_COST: "4", // every sign-up of a test would take a fifth of a second otherwise
    },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          isolate: false, // what a file has loaded serves the next one, too
          include: ["packages/**/*.test.{ts,tsx}", "stacks/**/*.test.ts"],
          exclude: ["**/node_modules/**"],
          globalSetup: "packages/stripe-emulator/scripts/covered-setup.ts",
        },
      },
      {
        extends: true,
        test: {
          name: "system",
          globalSetup: "test/world-setup.ts",
          include: ["test/**/*.test.ts"],
          exclude: ["test/stacks*.test.ts", "test/{core,functions}/**", "**/node_modules/**"],
        },
      },
      // In this process, not as bundles in threads, beside parts that are started once: the tests that mutants must die of.
      {
        extends: true,
        test: {
          name: "in process",
          isolate: false, // what keeps something in its modules is imported anew, see setEnvironment
          include: ["test/{core,functions}/**/*.test.ts"],
          globalSetup: "test/parts/setup.ts",
        },
      },
      // Synthesised once: a synth rewrites .sst/ and the site's build.
      {
        extends: true,
        test: {
          name: "stacks",
          isolate: false,
          include: ["test/stacks*.test.ts"],
          globalSetup: "test/stacks-setup.ts",
          setupFiles: "test/stacks-made.ts",
        },
      },
    ],
  },
});
