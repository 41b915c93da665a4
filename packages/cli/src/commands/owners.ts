import { readFileSync } from "node:fs";
import {
  applyOwners,
  byEmail,
  inCsv,
  inTable,
  type Outcome,
  planOwners,
  type Source,
  type Verdict,
} from "@turnpike/core/owners";
import { type AddCommand, describeCommand, onTarget, type Session } from "../command.ts";
import { confirm } from "../confirm.ts";
import { CliError, EXIT, type ExitCode } from "../exit-codes.ts";
import { table } from "../output.ts";

const MOST_SHOWN = 50;
const MOST_KEPT = 10_000;

interface Options {
  csv?: string;
  table?: string;
  customerColumn?: string;
  userColumn?: string;
  organizationColumn?: string;
  byEmail?: boolean;
  dryRun?: boolean;
  yes?: boolean;
}

export const addOwners: AddCommand = (program, shell) => {
  describeCommand(program, "owners", "gives the customers of an account with a past to users and organisations", [
    ["owners --csv owners.csv --dry-run", "what would become of customer_id,user_id or customer_id,organization_id"],
    ["owners --table public.users --customer-column stripe_id --user-column id", "by a table or a view of yours"],
    ["owners --table old.billing --customer-column customer --organization-column team", "of organisations"],
    ["owners --by-email", "customers of nobody, by confirmed addresses"],
  ])
    .option("--csv <file>", "whose customers are: its first line names the columns")
    .option("--table <name>", 'the same in a table or a view, with its schema: public.users, public."user"')
    .option("--customer-column <name>", "where the table has Stripe's cus_…", "stripe_customer_id")
    .option("--user-column <name>", "where it has the id in auth.users")
    .option("--organization-column <name>", "where it has what you call an organisation")
    .option("--by-email", "by the addresses that users have confirmed")
    .option("--dry-run", "says what would be done, and does nothing")
    .option("--yes", "without asking")
    .action(onTarget(shell, giveOwners));
};

async function giveOwners({ target, output, takeInterrupt }: Session, options: Options): Promise<ExitCode> {
  const { supabase } = target.clients;
  const source = sourceOf(options);
  const planned = await tally(planOwners(supabase, source));
  const { matched } = planned.counts;
  const promised = planned.reasons.no_such_user ?? 0;
  const writes = !options.dryRun && matched + promised > 0;
  if (writes) {
    if (!output.json && !options.yes) output.note(linesOf(planned).join("\n"));
    const also = promised > 0 ? `, and promise ${promised} to users who are not there yet` : "";
    await confirm(`Give ${customers(matched)} to ${matched === 1 ? "this owner" : "these owners"}${also}?`, options);
  }
  const signal = takeInterrupt();
  const done = writes ? await tally(applyOwners(supabase, source), signal) : planned;
  if (signal.aborted) {
    output.note(
      `Stopped. ${customers(done.counts.matched)} given to their owners so far; the same command does the rest.`,
    );
    return EXIT.interrupted;
  }
  output.answer({ applied: !options.dryRun, ...done }, () => [
    ...linesOf(done),
    options.dryRun ? "Nothing was written." : `Given to their owners: ${customers(done.counts.matched)}.`,
  ]);
  return done.counts.conflicting + done.counts.unmatched > 0 ? EXIT.wrong : EXIT.done;
}

const customers = (count: number) => `${count} ${count === 1 ? "customer" : "customers"}`;

function sourceOf(options: Options): Source {
  const { csv, table: name, customerColumn = "", userColumn, organizationColumn } = options;
  if ([csv, name, options.byEmail].filter(Boolean).length !== 1) {
    throw new CliError("Name one of --csv, --table and --by-email.", EXIT.usage);
  }
  if (csv) return inCsv(read(csv));
  if (!name) return byEmail();
  if (!userColumn && !organizationColumn) {
    throw new CliError("Name --user-column, --organization-column, or both.", EXIT.usage);
  }
  return inTable({ table: name, customerColumn, userColumn, organizationColumn });
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CliError(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`, EXIT.usage);
  }
}

interface Report {
  counts: Record<Outcome, number>;
  reasons: Record<string, number>;
  /** What somebody should look at: the first ten thousand. */
  toLookAt: Verdict[];
}

async function tally(batches: AsyncIterable<Verdict[]>, signal?: AbortSignal): Promise<Report> {
  const report: Report = {
    counts: { matched: 0, owned: 0, unmatched: 0, conflicting: 0 },
    reasons: {},
    toLookAt: [],
  };
  for await (const batch of batches) {
    for (const verdict of batch) count(report, verdict);
    if (signal?.aborted) break;
  }
  return report;
}

function count(report: Report, verdict: Verdict): void {
  const { outcome, reason } = verdict;
  report.counts[outcome]++;
  if (reason) report.reasons[reason] = (report.reasons[reason] ?? 0) + 1;
  const isFine = outcome === "matched" || outcome === "owned";
  if (!isFine && report.toLookAt.length < MOST_KEPT) report.toLookAt.push(verdict);
}

const MEANS: Record<string, string> = {
  once_read: "not read from Stripe yet: promised, and given once it is",
  instead_of_address: "had an owner by address only",
  named_twice: "several owners are named for one customer",
  owned_by_another: "has another owner, who keeps it: see billing claims assign",
  names_nobody: "no owner is named",
  no_customer_id: "not the id of a customer, cus_…",
  no_user_id: "a user's id in auth.users is a UUID",
  no_such_user: "no such user in auth.users: promised, and given once there is one",
  payer_left: "was deleted here: nothing is theirs any more",
  customer_deleted: "the customer was deleted at Stripe",
  no_such_customer: "no such customer at Stripe: deleted, or of another account or mode?",
};

function linesOf({ counts, reasons, toLookAt }: Report): string[] {
  const rows = toLookAt
    .slice(0, MOST_SHOWN)
    .map(({ customerId, owner, ownedBy, outcome, reason }) => [
      customerId,
      owner ?? "nobody",
      ownedBy ?? "nobody",
      outcome,
      reason ?? "",
    ]);
  return [
    ...Object.entries(counts).map(([outcome, count]) => `${outcome.padEnd(12)}${count}`),
    ...Object.entries(reasons).map(([reason, count]) => `  ${count} × ${reason}: ${MEANS[reason] ?? ""}`),
    ...(rows.length > 0 ? table(["customer", "said to be of", "is of", "outcome", "reason"], rows) : []),
    ...(toLookAt.length > rows.length ? [`… and more: --json lists ${toLookAt.length}.`] : []),
  ];
}
