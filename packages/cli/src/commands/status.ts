import type { State } from "@turnpike/core/doctor";
import { checkHealth } from "@turnpike/core/health";
import { dataOf } from "@turnpike/core/supabase";
import { type Completeness, getCompleteness } from "@turnpike/core/sync";
import { type AddCommand, describeCommand, onTarget, type Session } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { formatMoment } from "../moment.ts";
import { paint, table } from "../output.ts";
import { formatCount, sayUnread } from "../progress.ts";

export const addStatus: AddCommand = (program, shell) => {
  describeCommand(
    program,
    "status",
    "says whether Stripe and Supabase answer, whose account is mirrored, and how much of it",
    [
      ["status", "of the local system that runs"],
      ["status --stage prod", "of a deployed stage"],
    ],
  ).action(onTarget(shell, showStatus));
};

const SAYS = {
  ok: "answers",
  unreachable: "does not answer",
  other_account: "the secret key is of another account or mode than the one that is mirrored",
  other_events: "events of another account, or of the other mode, came within the last hour, and were refused",
};

async function showStatus({ target: { clients }, output }: Session): Promise<ExitCode> {
  const { healthy, dependencies, errors } = await checkHealth(clients);
  if (errors.length > 0) throw errors[0];
  const [mirrored] = dataOf(await clients.supabase.rpc("get_stripe_account"));
  const account = mirrored && { id: mirrored.id, livemode: mirrored.livemode };
  const completeness = await getCompleteness(clients.supabase);
  const { seats } = dataOf(await clients.supabase.rpc("inspect_state")) as unknown as State;
  output.answer({ healthy, dependencies, mirrored: account ?? null, seats, completeness }, () => [
    ...Object.entries(dependencies).map(([name, state]) => {
      const said = paint(state === "ok" ? "green" : "red", SAYS[state]);
      return `${name.padEnd(10)}${said}`;
    }),
    `mirrored  ${account ? `${account.id} in ${account.livemode ? "live" : "test"} mode` : "no account yet"}`,
    ...toLine(seats),
    "",
    ...table(["object", "equal", "as of (UTC)"], completeness.objects.map(toRow)),
  ]);
  const isEqual = completeness.objects.every(({ differing, unread }) => differing === 0 && !unread);
  return healthy && isEqual ? EXIT.done : EXIT.wrong;
}

/** Where a number of seats is kept and Stripe has another. */
function toLine({ waiting, refused, reasons }: State["seats"]): string[] {
  if (waiting + refused === 0) return [];
  const problems = [...new Set(reasons.map(({ problem }) => problem))].join(", ");
  const said = refused > 0 ? paint("red", `${refused} could not follow (${problems})`) : "";
  return [`seats     ${[waiting > 0 ? `${waiting} will follow` : "", said].filter(Boolean).join(", ")}`];
}

/** As the last reading left it. */
function toRow(kind: Completeness["objects"][number]): string[] {
  const { object, completeAsOf, comparedAsOf, objects, differing, compared, equal, lastError, unread } = kind;
  if (unread) return [object, paint("red", sayUnread(lastError)), ""];
  if (!completeAsOf) return [object, "", lastError ? `never read (${lastError})` : "never read"];
  const failed = differing > 0 ? `, ${formatCount(differing)} could not be taken` : "";
  const says = comparedAsOf
    ? `${formatCount(equal)} of ${formatCount(compared)}`
    : `${formatCount(objects)} read${failed}, not compared yet`;
  return [object, differing > 0 ? paint("red", says) : says, formatMoment(comparedAsOf ?? completeAsOf)];
}
