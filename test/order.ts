import { relative } from "node:path";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** How many seconds the long ones take, about, on two idle cores; the others take less than nine. */
const SECONDS: Record<string, number> = {
  "test/core/owners-undone.test.ts": 59,
  "test/core/sync-limits.test.ts": 49,
  "test/convergence.test.ts": 25,
  "test/core/sweep.test.ts": 46,
  "test/operate-stage.test.ts": 46,
  "test/operate.test.ts": 45,
  "test/double-purchases.test.ts": 20,
  "test/mixes.test.ts": 35,
  "test/security/routes.test.ts": 25,
  "test/visitors.test.ts": 31,
  "test/routes.test.ts": 30,
  "test/story.test.ts": 29,
  "test/operate-session.test.ts": 29,
  "test/core/explain.test.ts": 26,
  "test/walks.test.ts": 26,
  "test/plan-changes.test.ts": 24,
  "test/outages.test.ts": 24,
  "test/cli-sync-cloud.test.ts": 24,
  "test/crash.test.ts": 22,
  "test/core/doubles.test.ts": 21,
  "test/cli.test.ts": 20,
  "test/core/settling.test.ts": 19,
  "packages/stripe-emulator/src/stripe-cli.test.ts": 19,
  "test/sign-in.test.ts": 18,
  "test/documented-commands.test.ts": 18,
  "test/reconcile.test.ts": 17,
  "test/simulation.test.ts": 15,
  "test/core/plan-change-races.test.ts": 15,
  "test/core/sync-faults.test.ts": 14,
  "packages/local/src/supabase/durability.test.ts": 14,
  "test/leaving.test.ts": 14,
  "test/security/row-level-security.test.ts": 14,
  "packages/local/src/main.test.ts": 13,
  "test/core/plan-change-amounts.test.ts": 13,
  "test/core/checkout-refusals.test.ts": 12,
  "test/core/leaving.test.ts": 12,
  "test/core/doubles-in-doubt.test.ts": 12,
  "test/functions/hanging-stripe.test.ts": 12,
  "test/cli-explain.test.ts": 12,
  "test/core/doctor-sabotage.test.ts": 11,
  "test/cli-sync.test.ts": 11,
  "test/advancing-clock.test.ts": 11,
  "test/core/doctor.test.ts": 10,
  "test/access-at-scale.test.ts": 10,
  "test/core/sync.test.ts": 10,
  "test/core/rows-from-the-future.test.ts": 10,
  "test/functions/sale.test.ts": 9,
  "test/core/relay.test.ts": 9,
  "test/core/changes-of-mind.test.ts": 9,
  "packages/local/src/aws.test.ts": 9,
  "test/setup-killed.test.ts": 9,
  "test/core/silent-changes.test.ts": 9,
};
const pathOf = (file: TestSpecification) => relative(process.cwd(), file.moduleId);
const secondsOf = (file: TestSpecification) => SECONDS[pathOf(file)] ?? 0;
/** Those that run in process wait for half of their time. */
const isWaiting = (file: TestSpecification) => /^test\/(core|functions)\//.test(pathOf(file));

/** One after the other: a worker goes on with the next file where that is of the same project, and begins anew where it is not. */
const PROJECTS = ["system", "unit", "stacks"];

/**
 * Of each project the longest files first, and beside one that works one that waits: those that run in process would wait side by
 * side, then browsers and databases fight for both cores. Those of the stacks come last: they need templates that are made while the
 * others run.
 */
export class Order extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = (await super.sort(files)).sort((a, b) => secondsOf(b) - secondsOf(a));
    return PROJECTS.flatMap((name) => sideBySide(sorted.filter(({ project }) => project.name === name)));
  }
}

function sideBySide(files: TestSpecification[]): TestSpecification[] {
  const [waiting, working] = [files.filter(isWaiting), files.filter((file) => !isWaiting(file))];
  const order: TestSpecification[] = [];
  // What has been taken of the one, in seconds, beyond what has been taken of the other.
  for (let ahead = 0; ; ) {
    const next = (ahead > 0 ? waiting.shift() : working.shift()) ?? waiting.shift() ?? working.shift();
    if (!next) return order;
    ahead += isWaiting(next) ? -secondsOf(next) : secondsOf(next);
    order.push(next);
  }
}
