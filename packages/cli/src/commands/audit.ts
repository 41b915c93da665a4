import { type ObjectName, objects } from "@turnpike/core/mirror";
import { AUDIT_LIMITS, type Audit, type AuditedDifference, auditAccount, estimateReading } from "@turnpike/core/sync";
import { Option } from "commander";
import { type AddCommand, describeCommand, onTarget, type Session } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { paint, table } from "../output.ts";
import { createPaceSaying, createProgress, formatCount, sayUnread } from "../progress.ts";

/** Of each kind. An account that was never read differs in everything. */
const MOST_SHOWN = 20;

export const addAudit: AddCommand = (program, shell) => {
  describeCommand(program, "audit", "reads all that Stripe holds and says whether the mirror shows the same", [
    ["audit", "of the local system"],
    ["audit --object invoice charge", "of some kinds alone"],
    ["audit --stage prod --json", "of a deployed stage, with the digests of both sides"],
  ])
    .addOption(new Option("--object <kinds...>", "only these kinds").choices(Object.keys(objects)))
    .addHelpText("after", "\nWrites nothing. Ends with 3 when something differs.")
    .action(onTarget(shell, audit));
};

async function audit(session: Session, { object: only }: { object?: ObjectName[] }): Promise<ExitCode> {
  const { target, output } = session;
  const signal = session.takeInterrupt();
  const progress = createProgress(output);
  const sayPace = createPaceSaying(estimateReading(target.clients.stripe, AUDIT_LIMITS, only));
  let compared = 0;
  const again = new Map<ObjectName, { looked: number; of: number }>();
  output.note("Compares all that Stripe holds with the mirror. Ctrl-C stops it.");
  try {
    const audited = await auditAccount(target.clients, {
      signal,
      only,
      onProgress: ({ object, objects }) => {
        compared += objects;
        progress.show(`${formatCount(compared)} compared${sayPace(compared)}: ${object}`);
      },
      onLookedAgain: ({ object, ...looked }) => {
        again.set(object, looked);
        const [done, all] = [sum([...again.values()], "looked"), sum([...again.values()], "of")];
        progress.show(`Looks once more at what differs: ${formatCount(done)} of ${formatCount(all)}`);
      },
    });
    progress.end();
    output.answer(audited, () => auditLines(audited));
    return audited.equal ? EXIT.done : EXIT.wrong;
  } catch (error) {
    progress.end();
    if (!signal.aborted) throw error;
    output.note("Stopped: not everything was compared. Nothing was written.");
    return EXIT.interrupted;
  }
}

const sum = <Key extends string>(each: Record<Key, number>[], key: Key) => each.reduce((all, one) => all + one[key], 0);

/** An audit for people. */
export function auditLines({ asOf, equal, objects }: Audit): string[] {
  const lost = objects.flatMap(({ object, objects: all, equal: same, differing, unasked, failures }) => [
    ...sayFirst(object, differing, all - same),
    ...(unasked > 0
      ? [`${object}: ${formatCount(unasked)} that no list of Stripe's shows were too many to ask for`]
      : []),
    ...failures.map(({ id, reason }) => `${object} ${id}: ${reason}`),
  ]);
  const late = objects.flatMap(({ object, behind }) => sayFirst(object, behind, behind.length));
  return [
    ...table(
      ["object", "equal", ""],
      objects.map(({ object, objects: all, equal: same, unasked, failures, unread }) => [
        object,
        `${formatCount(same)} of ${formatCount(all)}`,
        unread
          ? paint("red", sayUnread(unread))
          : all - same + unasked + failures.length > 0
            ? paint("red", "differs")
            : "",
      ]),
    ),
    "",
    ...lost.map((line) => paint("red", line)),
    ...(late.length > 0 ? ["Not counted, for Stripe may have told nothing of it; the sweep brings it:", ...late] : []),
    equal ? paint("green", `All equal Stripe as of ${asOf}.`) : `Not all equal Stripe as of ${asOf}.`,
  ];
}

function sayFirst(object: string, named: AuditedDifference[], all: number): string[] {
  const first = named.slice(0, MOST_SHOWN).flatMap((each) => sayDifference(object, each));
  const more = `${object}: … and ${formatCount(all - MOST_SHOWN)} more. --json names up to a thousand of each kind`;
  return all > MOST_SHOWN ? [...first, more] : first;
}

function sayDifference(object: string, { id, kind, columns }: AuditedDifference): string[] {
  if (kind === "missing") return [`${object} ${id}: the mirror lacks it`];
  if (kind === "extra") return [`${object} ${id}: Stripe does not know it`];
  return columns.map((each) => `${object} ${id}: ${each.column} ${sayValues(each)}`);
}

/** What is about a person is kept back: both sides read alike then. */
function sayValues({ stripe, mirror }: { stripe: unknown; mirror: unknown }): string {
  return stripe === mirror ? "differs" : `is ${write(stripe)}, and ${write(mirror)} here`;
}

function write(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
