import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What takes about ten seconds and more on two idle cores, the longest first. */
const LONG = [
  "test/browser/pages.test.ts",
  "test/browser/plan-changes.test.ts",
  "test/browser/visitors.test.ts",
  "test/browser/walks.test.ts",
  "test/browser/pricing.test.ts",
  "test/browser/sign-in.test.ts",
  "test/browser/embedded-site.test.ts",
  "test/browser/double-purchases.test.ts",
  "test/core/sync-limits.test.ts",
  "test/processes/operate-stage.test.ts",
  "test/processes/operate.test.ts",
  "test/core/owners-undone.test.ts",
  "test/simulation.test.ts",
  "test/core/plan-change-terms.test.ts",
  "test/core/sweep.test.ts",
  "test/intake.test.ts",
  "packages/stripe-emulator/src/stripe-cli.test.ts",
  "test/processes/mixes.test.ts",
  "test/core/explain.test.ts",
  "packages/local/src/main.test.ts",
  "test/security/routes.test.ts",
  "test/browser/story.test.ts",
  "test/convergence.test.ts",
  "test/processes/operate-session.test.ts",
  "test/routes.test.ts",
  "test/core/doubles.test.ts",
  "packages/local/src/supabase/durability.test.ts",
  "test/processes/crash.test.ts",
  "test/core/doubles-in-doubt.test.ts",
  "test/outages.test.ts",
  "test/processes/documented-commands.test.ts",
  "test/core/seats.test.ts",
  "test/core/owners.test.ts",
  "test/core/doctor.test.ts",
  "test/core/setup.test.ts",
  "test/core/settling.test.ts",
  "test/core/doctor-sabotage.test.ts",
  "packages/local/src/aws.test.ts",
  "packages/stripe-emulator/scripts/package.test.ts",
  "packages/stripe-emulator/src/jobs.test.ts",
  "packages/local/src/stacks/built-stacks.test.ts",
  "test/core/plan-change-races.test.ts",
  "test/core/sync.test.ts",
  "test/core/plan-change-amounts.test.ts",
  "test/core/sync-faults.test.ts",
  "test/reconcile.test.ts",
  "test/processes/cli.test.ts",
  "test/processes/cli-sync-cloud.test.ts",
  "test/functions/hanging.test.ts",
  "test/functions/stripe-away.test.ts",
  "test/core/checkout-refusals.test.ts",
  "test/core/leaving.test.ts",
  "test/core/rows-from-the-future.test.ts",
  "test/core/portal-flows.test.ts",
  "test/core/adoption.test.ts",
  "packages/local/src/supabase/snapshot-cache.test.ts",
  "packages/stripe-emulator/src/cli.test.ts",
  "packages/local/src/supabase/auth.test.ts",
  "packages/local/src/made-with.test.ts",
  "packages/settings/src/config-file.test.ts",
  "test/core/silent-changes.test.ts",
  "test/access-at-scale.test.ts",
  "test/concurrency.test.ts",
  "test/processes/cli-explain.test.ts",
  "test/processes/cli-sync.test.ts",
  "test/leaving.test.ts",
  "test/functions/consumer.test.ts",
  "test/functions/relay.test.ts",
  "test/security/failures.test.ts",
  "test/functions/hanging-stripe.test.ts",
  "test/functions/queue.test.ts",
  "test/processes/setup-killed.test.ts",
  "test/core/changes-of-mind.test.ts",
  "test/advancing-clock.test.ts",
  "test/core/checkout-races.test.ts",
];

const pathOf = (file: TestSpecification) => relative(process.cwd(), file.moduleId);
const placeOf = (file: TestSpecification) => (LONG.includes(pathOf(file)) ? LONG.indexOf(pathOf(file)) : LONG.length);
/** Those that run in process wait for half of their time. */
const isWaiting = (file: TestSpecification) => /^test\/(core|functions)\//.test(pathOf(file));

/** One after the other: a worker goes on with the next file where that is of the same project, and begins anew where it is not. */
const PROJECTS = ["system", "unit", "stacks", "processes", "browser"];

/**
 * Of each project the longest files first, and those that wait beside those that work: else they would wait side by side, then
 * browsers and databases fight for both cores. Those of the stacks come last: they need templates that are made while the others run.
 */
export class Order extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = (await super.sort(files)).sort((a, b) => placeOf(a) - placeOf(b));
    return PROJECTS.flatMap((name) => sideBySide(sorted.filter(({ project }) => project.name === name)));
  }
}

/** Both kinds, spread over the whole. */
function sideBySide(files: TestSpecification[]): TestSpecification[] {
  const kinds = [files.filter((file) => !isWaiting(file)), files.filter(isWaiting)];
  const placed = kinds.flatMap((kind) => kind.map((file, n) => ({ file, place: n / kind.length })));
  return placed.sort((a, b) => a.place - b.place).map(({ file }) => file);
}
