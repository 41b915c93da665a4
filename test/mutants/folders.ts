/** What is mutated together, and the tests that are about it. */
export interface MutatedFolder {
  name: string;
  mutate: readonly string[];
  /** Cheapest first: a mutant's run is over with the first test that fails. */
  tests: readonly string[];
}

const core = (folder: string, tests: readonly string[], beside: readonly string[] = []): MutatedFolder => ({
  name: `core/${folder}`,
  mutate: [`packages/core/src/${folder}/[a-z]*.ts`],
  tests: [
    ...beside.map((test) => `packages/core/src/${folder}/${test}.test.ts`),
    ...tests.map((test) => `test/${test}.test.ts`),
  ],
});

/**
 * A mutant meets the tests of its folder only. That is stricter than all tests would be, and the difference is hours: what is declared
 * as a module loads can't be traced to a test, so that its mutants run every test that there is.
 */
export const FOLDERS: readonly MutatedFolder[] = [
  core("webhook", ["core/webhook", "core/events", "core/account", "functions/receiver", "functions/envelopes"]),
  core("identity", ["core/identity", "core/identity-reasons", "core/identity-under-fire", "functions/identity"]),
  core("customer", [
    "core/customers-of-a-payer",
    "core/customers-unread",
    "core/customers-of-old",
    "core/customer",
    "core/subscriber",
    "core/checkout-races",
    "core/checkout-refusals",
    "core/purchase",
  ]),
  core("checkout", [
    "core/checkout-schema",
    "core/trials",
    "core/checkout",
    "core/sales-at-stripe",
    "core/organizations",
    "core/checkout-races",
    "core/subscriber",
    "core/purchase",
    "core/checkout-refusals",
    "core/cut-lists",
  ]),
  core("reconcile", ["core/reconciliation", "core/listings", "core/undelivered"]),
  core("mirror/objects", [
    "core/rows",
    "core/rows-of-*",
    "core/events",
    "core/addresses",
    "registration",
    "core/whole-lists",
    "core/lists",
    "core/answers",
    "core/cut-lists",
  ]),
  core(
    "mirror",
    [
      "core/rows",
      "core/rows-of-*",
      "core/events",
      "core/whole-lists",
      "core/answers",
      "core/refusals",
      "core/pages",
      "core/lists",
      "core/account",
      "core/wrong-key",
      "core/applying",
      "functions/consumer",
      "core/cut-lists",
      "core/settling",
    ],
    ["unreadable"],
  ),
  {
    name: "functions",
    mutate: [
      "packages/functions/src/middleware/[a-z]*.ts",
      "packages/functions/src/{route,queue,apply-stripe-events,receive-stripe-event}.ts",
    ],
    tests: [
      "packages/functions/src/{aws-signature,log,secrets,middleware/stack,middleware/log-request}.test.ts",
      ...["receiver", "middleware", "browsers", "queue", "consumer", "envelopes", "rotation", "sale", "identity"].map(
        (test) => `test/functions/${test}.test.ts`,
      ),
    ],
  },
];
