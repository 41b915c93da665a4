import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const root = fileURLToPath(new URL("../..", import.meta.url));

// Most mutants die of the first of these, and with its death the run is over.
const FAST = ["test/core/rows", "test/core/events", "test/core/webhook", "packages/"];

/** Begins with the tests that take milliseconds. */
class FastFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const found = FAST.findIndex((start) => moduleId.startsWith(root + start));
      return found < 0 ? FAST.length : found;
    };
    return [...files].sort((a, b) => place(a) - place(b));
  }
}

/** The tests that run the code in their own process, where a mutant can be switched on. */
export default defineConfig({
  root,
  resolve: {
    // The packages as they stand here: node_modules leads out of Stryker's copy, to what is not mutated.
    alias: [
      { find: /^@turnpike\/core\/(.+)\/schema$/, replacement: `${root}packages/core/src/$1/schema.ts` },
      { find: /^@turnpike\/core\/(.+)$/, replacement: `${root}packages/core/src/$1/index.ts` },
      {
        find: /^@turnpike\/functions\/testing$/,
        replacement: `${root}packages/functions/src/testing/parameter-store.ts`,
      },
      { find: /^@turnpike\/functions\/(.+)$/, replacement: `${root}packages/functions/src/$1.ts` },
      // One that is started already is lent.
      { find: /^@turnpike\/local\/testing$/, replacement: `${root}test/mutants/lent.ts` },
    ],
  },
  test: {
    include: ["test/{core,functions}/**/*.test.ts", "packages/{core,functions}/src/**/*.test.ts"],
    globalSetup: "test/parts/setup.ts",
    sequence: { sequencer: FastFirst },
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
