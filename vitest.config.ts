import { defineConfig } from "vitest/config";
import { Order } from "./test/order.ts";

/** `npm start`, begun and killed again and again. */
const STARTS = ["packages/local/src/main.test.ts", "packages/local/src/supabase/durability.test.ts"];

export default defineConfig({
  test: {
    // Two cores, and of four workers two wait: for a second to pass, a retry, a page. More would starve one another.
    maxWorkers: 4,
    sequence: { sequencer: Order },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } }, // a second is not enough where the machine is busy
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
          exclude: [...STARTS, "**/node_modules/**"],
          globalSetup: "packages/stripe-emulator/scripts/covered-setup.ts",
        },
      },
      // Worlds, and core and the handlers in this process (the tests that mutants must die of) beside parts that are started once.
      // One project: a worker begins anew where the next file is of another.
      {
        extends: true,
        test: {
          name: "system",
          isolate: false, // what keeps something in its modules is imported anew, see setEnvironment
          globalSetup: ["test/world-setup.ts", "test/parts/setup.ts"],
          setupFiles: "test/keep-environment.ts",
          include: ["test/**/*.test.ts"],
          exclude: ["test/stacks*.test.ts", "test/browser/**", "test/processes/**", "**/node_modules/**"],
        },
      },
      // What starts, drives and kills programs as people do, or takes a browser, for minutes: commands of their own.
      {
        extends: true,
        test: {
          name: "processes",
          isolate: false,
          globalSetup: ["test/world-setup.ts", "test/parts/setup.ts"],
          setupFiles: "test/keep-environment.ts",
          include: [...STARTS, "test/processes/**/*.test.ts"],
        },
      },
      {
        extends: true,
        test: {
          name: "browser",
          isolate: false,
          globalSetup: ["test/world-setup.ts", "test/parts/setup.ts"],
          setupFiles: "test/keep-environment.ts",
          include: ["test/browser/**/*.test.ts"],
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
