import { findEntries } from "@turnpike/core/ledger";
import type { Command } from "commander";
import { type AddCommand, describeCommand, onTarget, type Session } from "../command.ts";
import { confirm } from "../confirm.ts";
import { CliError, EXIT, type ExitCode } from "../exit-codes.ts";
import { span } from "../moment.ts";
import { table } from "../output.ts";
import { type DeadLetter, drop, redrive } from "../queue/dead-letters.ts";
import { shownEvent } from "../queue/shown-event.ts";
import { withLetters } from "../queue/with-letters.ts";
import { callOn } from "../target/call.ts";
import type { Target } from "../target/index.ts";
import { openQueue } from "../target/queues.ts";

export const addDlq: AddCommand = (program, shell) => {
  const dlq = program.command("dlq").description("looks at and takes care of events that failed five times");
  dlq.addHelpText(
    "after",
    "\nExamples:\n  $ npx billing dlq ls             which, and why\n  $ npx billing dlq redrive --all  tries them again",
  );
  describeCommand(dlq, "ls", "lists the dead letters, each with the reason", [
    ["dlq ls", "which, since when, and why"],
    ["dlq ls --stage prod --json", "the same of a deployed stage, for programs"],
  ])
    .addHelpText("after", "\nEnds with 3 when there is any.")
    .action(onTarget(shell, list));
  describeCommand(dlq, "show", "shows the event in a dead letter", [
    ["dlq show evt_1Q…", "by its id, or the message's"],
  ])
    .argument("<id>", "of the event or the message")
    .action(onTarget(shell, show));
  withChoice(
    describeCommand(dlq, "redrive", "puts dead letters back on the queue, where the consumer tries them again", [
      ["dlq redrive --all", "all of them, once the cause is mended"],
      ["dlq redrive evt_1Q…", "one, or several"],
    ]),
  ).action(onTarget(shell, putBack));
  withChoice(
    describeCommand(dlq, "drop", "deletes dead letters for good", [
      ["dlq drop evt_1Q…", "asks, then deletes it"],
      ["dlq drop --all --yes", "all of them, without asking"],
    ]),
  )
    .option("--yes", "does not ask")
    .action(onTarget(shell, dropThem));
};

function withChoice(command: Command): Command {
  return command.argument("[ids...]", "of events or messages").option("--all", "all that are there");
}

async function list(session: Session): Promise<ExitCode> {
  const { output, target } = session;
  const { letters, hidden } = await withLetters(session, async (hands) => ({
    letters: await explained(target, hands.letters),
    hidden: hands.hidden,
  }));
  output.answer(letters, () => {
    if (letters.length === 0) return [hidden > 0 ? "None can be seen now." : "No dead letters."];
    const rows = letters.map(({ eventId, messageId, type, sentAt, reason }) => [
      eventId ?? messageId,
      type ?? "",
      span(Date.now() - Date.parse(sentAt)),
      reason,
    ]);
    return table(["EVENT", "TYPE", "SINCE", "WHY"], rows);
  });
  return letters.length + hidden > 0 ? EXIT.wrong : EXIT.done;
}

async function explained({ clients }: Target, letters: DeadLetter[]) {
  const entries = await findEntries(
    clients.supabase,
    letters.flatMap(({ eventId }) => eventId ?? []),
  );
  return letters.map(({ messageId, eventId, type, sentAt }) => {
    const entry = entries.get(eventId ?? "");
    return {
      messageId,
      eventId,
      type: type ?? entry?.type ?? null,
      sentAt: sentAt.toISOString(),
      reason: reasonOf(eventId, entry),
    };
  });
}

function reasonOf(eventId: string | null, entry: { outcome: string; reason: string | null } | undefined): string {
  if (!eventId) return "The message holds no event";
  if (!entry) return "Not in the ledger: Stripe or Supabase did not answer; the consumer's log says more";
  if (entry.outcome === "failed" || entry.outcome === "refused") return entry.reason ?? entry.outcome;
  return `It was ${entry.outcome} since: it can be dropped`;
}

async function show(session: Session, id: string): Promise<ExitCode> {
  const letter = await withLetters(session, async ({ letters }) => chosen(letters, [id])[0]);
  const body = letter?.body ?? "";
  const event = shownEvent(body);
  session.output.answer(event, () => [JSON.stringify(event, null, 2)]);
  return EXIT.done;
}

interface Choice {
  all?: boolean;
  yes?: boolean;
}

async function putBack(session: Session, ids: string[], choice: Choice): Promise<ExitCode> {
  const { target, output } = session;
  const queue = await openQueue(target, "StripeEvents");
  const { done, wanted } = await withLetters(session, async (hands) => {
    const all = chosen(hands.letters, ids, choice);
    return { wanted: all, done: await hands.takeAway(all, (letter) => redrive(letter, hands.queue, queue)) };
  });
  const say = (count: number) => `${count} ${count === 1 ? "message is" : "messages are"} back on the queue.`;
  output.answer({ redriven: done.map(idsOf) }, () => [say(done.length)]);
  if (done.length > 0) output.note(`What becomes of them: ${callOn(target, "events tail")}`);
  return endOf(session, done, wanted);
}

async function dropThem(session: Session, ids: string[], choice: Choice): Promise<ExitCode> {
  const { target, output } = session;
  const { done, wanted } = await withLetters(session, async (hands) => {
    const all = chosen(hands.letters, ids, choice);
    for (const { eventId, type, reason } of await explained(target, all)) {
      output.note(`  ${[eventId, type, reason].filter(Boolean).join("  ")}`);
    }
    if (all.length > 0) await confirm(`Delete ${all.length} for good from ${target.name}?`, { yes: choice.yes });
    return { wanted: all, done: await hands.takeAway(all, (letter) => drop(letter, hands.queue)) };
  });
  const say = (count: number) => `${count} ${count === 1 ? "message is" : "messages are"} deleted.`;
  output.answer({ dropped: done.map(idsOf) }, () => [say(done.length)]);
  if (done.length > 0) {
    output.note(`For 30 days Stripe still has the events: ${callOn(target, "replay evt_…")} brings one again.`);
  }
  return endOf(session, done, wanted);
}

function endOf({ output }: Session, done: DeadLetter[], wanted: DeadLetter[]): ExitCode {
  const left = wanted.length - done.length;
  if (left === 0) return EXIT.done;
  output.note(
    `Stopped after ${done.length} of ${wanted.length}. The ${left === 1 ? "other is where it was" : `other ${left} are where they were`}.`,
  );
  return EXIT.interrupted;
}

const idsOf = ({ messageId, eventId }: DeadLetter) => ({ messageId, eventId });

/** @throws CliError when nothing is chosen, or not there */
function chosen(letters: DeadLetter[], ids: string[], { all = false }: Choice = {}): DeadLetter[] {
  if (all === ids.length > 0) throw new CliError("Name dead letters, or say --all.", EXIT.usage);
  if (all) return letters;
  const missing = ids.filter((id) => !letters.some((letter) => isCalled(letter, id)));
  if (missing.length > 0) throw new CliError(`No dead letter is, or holds, ${missing.join(", ")}.`);
  return letters.filter((letter) => ids.some((id) => isCalled(letter, id)));
}

function isCalled({ messageId, eventId }: DeadLetter, id: string): boolean {
  return id === messageId || id === eventId;
}
