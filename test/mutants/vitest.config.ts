import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const root = fileURLToPath(new URL("../..", import.meta.url));

// A mutant's run is over with the first test that fails: so those that take milliseconds come first, and those that take seconds
// last. What is not named here comes between.
const FIRST = [
  "test/core/rows",
  "test/core/events",
  "test/core/webhook",
  "packages/",
  "test/registration",
  "test/core/answers",
];
const LAST = ["test/core/reconciliation", "test/core/checkout", "test/core/settling"];
const ABOUT_SQL = ["access", "guard", "ownership", "paid-in-parts", "payment-history"].map(
  (n) => `test/core/${n}.test.ts`,
);

class CheapFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const within = (starts: string[]) => starts.findIndex((start) => moduleId.startsWith(root + start));
      const [first, last] = [within(FIRST), within(LAST)];
      return first >= 0 ? first - FIRST.length : last + 1;
    };
    return [...files].sort((a, b) => place(a) - place(b));
  }
}

// Ten seconds long, for what settling.test.ts holds too.
const SLOW = "test/functions/hanging-stripe.test.ts";
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
    include: process.env.MIGRATIONS_DIR
      ? ["test/**/*.test.ts"]
      : [
          "test/{core,functions}/**/*.test.ts",
          "packages/{core,functions}/src/**/*.test.ts",
          "test/registration.test.ts",
        ],
    // A mutant of the TypeScript lives or dies without what is about SQL.
    exclude: process.env.MIGRATIONS_DIR ? [] : ["**/node_modules/**", ...ABOUT_SQL, SLOW],
    globalSetup: "test/parts/setup.ts",
    sequence: { sequencer: CheapFirst },
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
