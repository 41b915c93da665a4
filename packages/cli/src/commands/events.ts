import { followLedger, type LedgerEntry } from "@turnpike/core/ledger";
import { type AddCommand, describeCommand, onTarget, type Session } from "../command.ts";
import { formatMoment, parseMoment, span } from "../moment.ts";
import { paint } from "../output.ts";

export const addEvents: AddCommand = (program, shell) => {
  const events = program.command("events").description("shows what became of Stripe's events");
  events.addHelpText("after", "\nExamples:\n  $ npx billing events tail  as they come");
  describeCommand(events, "tail", "follows the ledger: each event as it is written down, until Ctrl-C", [
    ["events tail", "those of the last ten minutes, and what comes"],
    ["events tail --since 2h --type invoice.paid", "from further back, of one type"],
    ["events tail --no-follow --json", "what is there, a line of JSON each"],
  ])
    .option("--since <moment>", "30m, 2h, 7d, or 2027-01-31T09:00Z; default: 10m", parseMoment)
    .option("--type <types...>", "of these types only, such as invoice.paid")
    .option("--no-follow", "ends when all that is there was shown")
    .action(onTarget(shell, follow));
};

interface Options {
  since?: Date;
  type?: string[];
  follow: boolean;
}

const TEN_MINUTES_MS = 600_000;

async function follow({ target, output, takeInterrupt }: Session, options: Options): Promise<undefined> {
  const { since = new Date(Date.now() - TEN_MINUTES_MS), type: types } = options;
  const enough = new AbortController();
  const interrupted = takeInterrupt();
  const following = {
    since: since.toISOString(),
    types,
    signal: AbortSignal.any([interrupted, enough.signal]),
    onCaughtUp: () => {
      if (!options.follow) enough.abort();
    },
  };
  let isEmpty = true;
  if (options.follow)
    output.note("Shows events as they come, each with when it was written down, in UTC. Ctrl-C ends it.");
  for await (const entry of followLedger(target.clients.supabase, following)) {
    isEmpty = false;
    output.item(entry, () => lineOf(entry));
  }
  if (!options.follow && isEmpty) output.note(`Nothing was written down since ${since.toISOString()}.`);
}

const COLOURS = { applied: "green", stale: "gray", failed: "red", refused: "red" } as const;

function lineOf({ id, type, objectId, createdAt, outcome, reason, recordedAt }: LedgerEntry): string {
  const lag = span(Date.parse(recordedAt) - Date.parse(createdAt));
  const time = `${formatMoment(recordedAt)}Z`;
  const said = paint(COLOURS[outcome], outcome.padEnd(7));
  return [time, said, type.padEnd(32), id, objectId ?? "", `after ${lag}`, reason ?? ""].filter(Boolean).join("  ");
}
