import { setTimeout as sleep } from "node:timers/promises";
import {
  beginReading,
  type Estimate,
  estimateReading,
  getFailures,
  getProgress,
  limitsOf,
  type Progress,
  workReading,
} from "@turnpike/core/sync";
import { type AddCommand, describeCommand, onTarget, type Session } from "../command.ts";
import { CliError, EXIT, type ExitCode } from "../exit-codes.ts";
import { paint, table } from "../output.ts";
import { createPaceSaying, createProgress, formatCount, formatSeconds, sayUnread } from "../progress.ts";

interface SyncOptions {
  dryRun?: boolean;
  cloud?: boolean;
}

const POLL_MS = 1000;
/** The function that reads begins anew every minute. */
const SILENT_FOR_MS = 180_000;
const MOST_FAILURES = 20;

export const addSync: AddCommand = (program, shell) => {
  describeCommand(program, "sync", "reads all that Stripe holds into the mirror", [
    ["sync --dry-run", "what would be read, and how long it takes"],
    ["sync", "reads it now; broken off, it goes on where it was"],
    ["sync --stage prod --cloud", "lets the deployed system read it, and shows how far it is"],
  ])
    .option("--dry-run", "reads nothing, and says what there is to read")
    .option("--cloud", "lets the system itself read, and only follows it")
    .addHelpText("after", "\nEvents are taken meanwhile. Ends with 3 when something could not be read.")
    .action(onTarget(shell, sync));
};

async function sync(session: Session, options: SyncOptions): Promise<ExitCode> {
  const { target, output } = session;
  const { clients } = target;
  const limits = limitsOf(clients);
  if (options.dryRun) {
    const estimate = await estimateReading(clients.stripe, limits);
    output.answer(estimate, () => estimateLines(estimate));
    return EXIT.done;
  }
  const signal = session.takeInterrupt();
  const { begun } = await beginReading(clients, { purpose: "sync", requestedBy: "billing sync" });
  output.note(begun ? "Reads all that Stripe holds. Ctrl-C stops it, and nothing is lost." : "Goes on where it was.");
  const stopped = new AbortController();
  const shown = showProgress(session, AbortSignal.any([signal, stopped.signal]), options.cloud ?? false);
  try {
    if (!options.cloud) await read(session, limits, signal);
  } catch (error) {
    stopped.abort();
    await shown.catch(() => {});
    throw error;
  }
  await shown;
  const progress = await getProgress(clients.supabase);
  if (signal.aborted && !progress?.finishedAt) {
    output.note(`Stopped. What was read stays; this goes on from there: npx billing sync${suffix(session, options)}`);
    return EXIT.interrupted;
  }
  return report(session, progress);
}

/** Reads until all is read. Where somebody else is at it, theirs is followed, and taken over when they end. */
async function read({ target: { clients } }: Session, limits: ReturnType<typeof limitsOf>, signal: AbortSignal) {
  for (;;) {
    const { state } = await workReading(clients, { purpose: "sync", ...limits, signal });
    if (state === "done" || state === "none" || signal.aborted) return;
    await sleep(POLL_MS, undefined, { signal }).catch(() => {});
  }
}

async function showProgress({ target, output }: Session, signal: AbortSignal, cloud: boolean): Promise<void> {
  const { stripe, supabase } = target.clients;
  const progress = createProgress(output);
  const sayPace = createPaceSaying(estimateReading(stripe, limitsOf({ stripe })));
  let heardAt = performance.now();
  for (;;) {
    const now = await getProgress(supabase);
    if (!now || now.finishedAt || signal.aborted) break;
    const count = countOf(now);
    if (now.isRead) heardAt = performance.now();
    if (cloud && performance.now() - heardAt > SILENT_FOR_MS) {
      progress.end();
      throw new CliError("Nobody has read for three minutes. Is the system deployed, and is its ReadAccount running?");
    }
    progress.show(progressLine(now, count, sayPace(count)));
    await sleep(POLL_MS, undefined, { signal }).catch(() => {});
  }
  progress.end();
}

const countOf = ({ kinds }: Progress) => kinds.reduce((sum, { read: each }) => sum + each, 0);

function progressLine({ kinds, isRead }: Progress, count: number, pace: string): string {
  const open = kinds.filter(({ rangesOpen }) => rangesOpen > 0).map(({ object }) => object);
  return `${formatCount(count)} read${pace}${isRead ? "" : ", waiting"}: ${open.join(", ")}`;
}

function suffix({ target }: Session, { cloud }: SyncOptions): string {
  return `${target.stage ? ` --stage ${target.stage}` : ""}${cloud ? " --cloud" : ""}`;
}

async function report({ target, output }: Session, progress: Progress | undefined): Promise<ExitCode> {
  const kinds = progress?.kinds ?? [];
  const failed = kinds.reduce((sum, kind) => sum + kind.failed, 0);
  const unread = kinds.filter(isUnread).length;
  const failures = failed > 0 ? await getFailures(target.clients.supabase, { most: MOST_FAILURES }) : [];
  output.answer({ ...progress, failures }, () => [
    ...table(
      ["object", "read", ""],
      kinds.map((kind) => [
        kind.object,
        formatCount(kind.read),
        isUnread(kind)
          ? paint("red", sayUnread(kind.lastError))
          : kind.failed > 0
            ? paint("red", `${kind.failed} could not be taken`)
            : "",
      ]),
    ),
    "",
    ...failures.map(({ object, id, reason }) => paint("red", `${object} ${id}: ${reason}`)),
    unread > 0
      ? "The mirror lacks what could not be read. npx billing doctor says what mends it."
      : failed === 0
        ? paint("green", "The mirror is complete.")
        : `${failed} objects are not as Stripe shows them.`,
  ]);
  return failed + unread === 0 ? EXIT.done : EXIT.wrong;
}

/** The reading is through with it, and ended without a part of it. */
const isUnread = ({ rangesOpen, lastError }: Progress["kinds"][number]) => rangesOpen === 0 && lastError !== null;

function estimateLines({ kinds, requests, seconds }: Estimate): string[] {
  return [
    ...table(
      ["object", "objects", "requests"],
      kinds.map(({ object, objects, isExact, unread, requests: each }) => [
        object,
        unread ? paint("red", sayUnread(unread)) : `${isExact ? "" : "about "}${formatCount(objects)}`,
        formatCount(each),
      ]),
    ),
    "",
    `About ${formatCount(requests)} requests, ${formatSeconds(seconds)}. Nothing was read into the mirror.`,
  ];
}
