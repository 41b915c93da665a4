import { matchesGlob } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const root = fileURLToPath(new URL("../..", import.meta.url));

const { MIGRATIONS_DIR: migrationsDir, MUTANT_TESTS: tests } = process.env;

/** In the order in which they are named, without those that were slow the last time coming first. */
class InOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const named: string[] = JSON.parse(tests ?? "[]");
    const place = ({ moduleId }: TestSpecification) => named.findIndex((glob) => matchesGlob(moduleId, root + glob));
    return [...files].sort((a, b) => place(a) - place(b));
  }
}

const LENT = `${root}test/mutants/lent.ts`;

/** The tests that run the code in their own process, where a mutant can be switched on. */
export default defineConfig({
  root,
  plugins: [
    {
      name: "lend what is started already",
      enforce: "pre",
      resolveId: (source, importer) => (source === "@turnpike/local/testing" && importer !== LENT ? LENT : undefined),
    },
  ],
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
    ],
  },
  test: {
    include: tests && !migrationsDir ? JSON.parse(tests) : ["test/**/*.test.ts"],
    globalSetup: "test/parts/setup.ts",
    sequence: { sequencer: InOrder },
    // A machine on which others work is slow, and what is late would pass for killed.
    testTimeout: 40_000,
    hookTimeout: 60_000,
  },
});
