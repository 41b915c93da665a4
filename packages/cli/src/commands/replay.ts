import { listFailed } from "@turnpike/core/ledger";
import { type Replayed, replay, type Wanted } from "@turnpike/core/replay";
import { type AddCommand, describeCommand, onTarget, type Session } from "../command.ts";
import { CliError, EXIT, type ExitCode } from "../exit-codes.ts";
import { parseMoment, parseSeconds } from "../moment.ts";
import { paint } from "../output.ts";
import { sendEvents } from "../queue/send.ts";
import { callOn } from "../target/call.ts";
import { openQueue } from "../target/queues.ts";

export const addReplay: AddCommand = (program, shell) => {
  describeCommand(program, "replay", "brings events of Stripe's to the mirror once more; what is applied is left", [
    ["replay evt_1Q…", "one event, or several"],
    ["replay --since 2h", "all of the last two hours that the mirror has use for"],
    ["replay --since 30d --type 'invoice.*'", "those of a type: Stripe lists 30 days"],
    ["replay --failed", "those that the ledger says have failed"],
  ])
    .argument("[events...]", "events by their ids")
    .option("--since <moment>", "30m, 2h, 7d, or 2027-01-31T09:00Z", parseMoment)
    .option("--type <types...>", "invoice.paid, or 'invoice.*' for all that begin so")
    .option("--failed", "what could not be applied, up to a hundred")
    .option("--wait <seconds>", "how long the consumer is waited for", parseSeconds, 30)
    .action(onTarget(shell, bring));
};

interface Options {
  since?: Date;
  type?: string[];
  failed?: boolean;
  wait: number;
}

const LISTED_FOR_MS = 30 * 86_400_000;
const A_MINUTE_MS = 60_000;

async function bring({ target, output, takeInterrupt }: Session, ids: string[], options: Options): Promise<ExitCode> {
  const { clients } = target;
  const wanted = wantedOf(ids, options) ?? { ids: await listFailed(clients.supabase) };
  const hasQueue = target.kind !== "environment";
  const queue = hasQueue ? await openQueue(target, "StripeEvents") : undefined;
  if (!queue) output.note("Without a queue: the events are applied from here.");
  if ("since" in wanted && wanted.since.getTime() < Date.now() - LISTED_FOR_MS - A_MINUTE_MS) {
    output.note(`Stripe lists the events of 30 days. What is older is read without them: ${callOn(target, "sync")}`);
  }
  const signal = takeInterrupt();
  const all: Replayed[] = [];
  // Of all types Stripe has many events that nobody asked for.
  const isPassedOver = ({ outcome }: Replayed) =>
    outcome === "ignored" && "since" in wanted && wanted.types.length === 0;
  const deps: Parameters<typeof replay>[0] = {
    ...clients,
    enqueue: queue && ((events) => sendEvents(queue, events)),
    waitMs: options.wait * 1_000,
    signal,
  };
  for await (const page of replay(deps, wanted)) {
    all.push(...page);
    for (const each of page) if (!isPassedOver(each)) output.item(each, () => lineOf(each));
  }
  if (!signal.aborted || all.length > 0) {
    output.note(options.failed && all.length === 0 ? "The ledger has no failed event." : summaryOf(all));
  }
  if (all.some(({ outcome }) => outcome === "queued")) {
    output.note(`Those that are queued wait for the consumer: ${callOn(target, "events tail")}`);
  }
  if (signal.aborted) {
    output.note(
      `Stopped after ${all.length}. Nothing is lost: the same command does the rest, and leaves what is applied.`,
    );
    return EXIT.interrupted;
  }
  return all.some(({ outcome }) => WRONG.has(outcome)) ? EXIT.wrong : EXIT.done;
}

const WRONG = new Set<Replayed["outcome"]>(["failed", "refused", "unknown", "retry"]);

/** @returns nothing for those that have failed: the ledger knows them */
function wantedOf(ids: string[], { since, type, failed }: Options): Wanted | undefined {
  if ([ids.length > 0, since || type, failed].filter(Boolean).length > 1) {
    throw new CliError("Name events, or say --since and --type, or --failed: one of these.", EXIT.usage);
  }
  if (ids.length > 0) return { ids };
  if (failed) return undefined;
  if (!since && !type) throw new CliError("Which events? Name them, or say --since, --type or --failed.", EXIT.usage);
  return { since: since ?? new Date(Date.now() - LISTED_FOR_MS), types: type ?? [] };
}

const SAYS: Record<Replayed["outcome"], string> = {
  applied: "applied",
  stale: "stale: newer state stands",
  done: "was applied before",
  ignored: "of no use to the mirror",
  queued: "queued",
  failed: "failed",
  refused: "refused",
  retry: "comes again",
  unknown: "Stripe does not know it, or no longer",
};

const COUNTED: Partial<typeof SAYS> = {
  done: "applied before",
  ignored: SAYS.ignored,
  retry: "that come again",
  unknown: "unknown to Stripe",
};

function lineOf({ id, type, outcome, reason }: Replayed): string {
  const said = WRONG.has(outcome) ? paint("red", SAYS[outcome]) : SAYS[outcome];
  return [id, type, said + (reason ? `: ${reason}` : "")].filter(Boolean).join("  ");
}

function summaryOf(all: Replayed[]): string {
  if (all.length === 0) return "Stripe lists no such event.";
  const counts = Map.groupBy(all, ({ outcome }) => outcome);
  return `${all.length} in all: ${[...counts].map(([outcome, those]) => `${those.length} ${COUNTED[outcome] ?? outcome}`).join(", ")}`;
}
