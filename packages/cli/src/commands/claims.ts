import { findPayer } from "@turnpike/core/explain";
import { assignPurchase, findOwner, listUnowned, type Payer } from "@turnpike/core/payer";
import { type AddCommand, describeCommand, onTarget, type Session } from "../command.ts";
import { confirm } from "../confirm.ts";
import { CliError, EXIT, type ExitCode } from "../exit-codes.ts";
import { formatMoment } from "../moment.ts";
import { paint, table } from "../output.ts";

const MOST = 500;

interface AssignOptions {
  user?: string;
  organization?: string;
  yes?: boolean;
}

export const addClaims: AddCommand = (program, shell) => {
  const claims = describeCommand(
    program,
    "claims",
    "lists what is paid for and belongs to nobody, and gives it to somebody",
    [
      ["claims ls", "what waits for an owner"],
      ["claims assign sub_… --user ada@example.com", "gives it to her"],
    ],
  );
  describeCommand(claims, "ls", "lists subscriptions that run and purchases that belong to nobody, the oldest first", [
    ["claims ls", "of the local system"],
    ["claims ls --stage prod --json", "of a deployed stage, for a program"],
  ])
    .addHelpText("after", "\nEnds with 3 when there is any.")
    .action(onTarget(shell, listClaims));
  describeCommand(claims, "assign", "gives a purchase, and all of its customer's, to a user or an organisation", [
    ["claims assign sub_… --user ada@example.com", "to a user, by e-mail or id"],
    ["claims assign cs_… --organization acme", "to an organisation, by what the product calls it"],
  ])
    .argument("<id>", "a subscription, a customer, or the checkout session of a purchase")
    .option("--user <user>", "a user's id or e-mail")
    .option("--organization <id>", "an organisation's id")
    .option("--yes", "takes it from whoever has it now, without asking")
    .action(onTarget(shell, assign));
};

async function listClaims({ target, output }: Session): Promise<ExitCode> {
  const unowned = await listUnowned(target.clients.supabase, MOST);
  output.answer(unowned, () => [
    ...(unowned.length > 0
      ? table(
          ["id", "since (UTC)", "customer", "e-mail"],
          unowned.map(({ id, createdAt, customerId, email }) => [
            id,
            formatMoment(createdAt),
            customerId ?? "none",
            email ?? "none",
          ]),
        )
      : [paint("green", "Everything that is paid for belongs to somebody.")]),
  ]);
  if (unowned.length === MOST) output.note(`Only the oldest ${MOST} are listed.`);
  return unowned.length > 0 ? EXIT.wrong : EXIT.done;
}

async function assign({ target, output }: Session, id: string, options: AssignOptions): Promise<ExitCode> {
  const { supabase } = target.clients;
  const payer = await payerOf(options, target.clients.supabase);
  const owner = await findOwner(supabase, id);
  if (!owner) {
    throw new CliError(`The mirror knows no customer, subscription or purchase with the id ${id}.`);
  }
  if (owner !== "nobody" && nameOf(owner) !== nameOf(payer)) {
    await confirm(`${id} belongs to ${nameOf(owner)}, who loses it. Give it to ${nameOf(payer)}?`, options);
  }
  await assignPurchase(supabase, id, payer);
  output.answer({ id, ...payer }, () => [`${id} belongs to ${nameOf(payer)} now.`]);
  return EXIT.done;
}

async function payerOf(
  { user, organization }: AssignOptions,
  supabase: Session["target"]["clients"]["supabase"],
): Promise<Payer> {
  if ((user === undefined) === (organization === undefined)) {
    throw new CliError("Name either --user or --organization.", EXIT.usage);
  }
  // A shell's variable that is not set: nobody would ever be this organisation.
  if (organization?.trim() === "") throw new CliError("--organization names nobody: it is empty.", EXIT.usage);
  if (organization !== undefined) return { organizationId: organization };
  const found = await findPayer(supabase, user ?? "");
  if (!found?.payer.userId || found.payer.isGone) throw new CliError(`There is no user "${user}".`);
  return { userId: found.payer.userId };
}

function nameOf(payer: Payer): string {
  return "userId" in payer ? `the user ${payer.userId}` : `the organisation ${payer.organizationId}`;
}
