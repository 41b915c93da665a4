import middy from "@middy/core";
import { type Kept, keepReading } from "@turnpike/core/sync";
import { clients } from "./clients.ts";
import { describe, log, reportFailure } from "./log.ts";
import { emit } from "./metrics.ts";
import { isRefusal, secrets, withSecrets } from "./secrets.ts";

/** Most of a minute: the next turn begins then. */
const TURN_MS = 50_000;

/** Every minute: goes on with reading what Stripe holds into the mirror. */
export const handler = middy().handler(() =>
  reportFailure(() =>
    withSecrets(async () => {
      const kept = await keepReading(clients, performance.now() + TURN_MS, () =>
        log("info", "the mirror was never complete: all that Stripe holds is read", {}),
      );
      report(kept);
      if (kept.worked.errors.some(isRefusal)) await secrets.loadAgain();
    }),
  ),
);

function report({ purpose, worked, differing, unread, drift, impossible }: Kept): void {
  const { state, read, failed, errors } = worked;
  for (const error of errors) log("error", "a part of the reading comes again", { purpose, ...describe(error) });
  // A sweep is nothing to tell of, unless it finds something.
  const level = failed > 0 ? "warn" : "info";
  if (purpose === "sync" || failed > 0) log(level, "read", { purpose, state, read, failed });
  if (state === "done")
    for (const kind of unread) log("error", "a kind could not be read whole: the next sweep tries again", { ...kind });
  if (purpose === "sync" && state === "done" && unread.length === 0) log("info", "the mirror is complete", {});
  for (const { columns, ...drifted } of drift)
    log("warn", "the mirror had drifted, and no event says why", { ...drifted, columns: columns.join(",") });
  for (const each of impossible) log("error", "what was written cannot be so", { ...each });
  const count = drift.reduce((sum, { drifted }) => sum + drifted, 0);
  emit({
    differing: differing + unread.length,
    ...(count > 0 && { drift: count }),
    ...(impossible.length > 0 && { impossible: impossible.length }),
  });
}
