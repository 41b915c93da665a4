import { type Explanation, explain } from "@turnpike/core/explain";
import { type AddCommand, describeCommand, onTarget, type Session } from "../command.ts";
import { CliError, EXIT, type ExitCode } from "../exit-codes.ts";
import { explanationLines } from "./explain-lines.ts";

const KINDS =
  "a user, an organisation, an e-mail, or an id of Stripe's: cus_…, sub_…, in_…, pi_…, ch_…, cs_…, re_…, dp_…";

export const addExplain: AddCommand = (program, shell) => {
  describeCommand(
    program,
    "explain",
    "shows what Stripe and the mirror say of somebody or something, and whether they agree",
    [
      ["explain ada@example.com", "a user, by e-mail or id; else the customers with that e-mail"],
      ["explain acme", "an organisation, by what the product calls it"],
      ["explain cus_… --stage prod", "a customer of a deployed stage"],
      ["explain sub_… --json", "a subscription, for a program"],
      ["explain in_…", "a payment: an invoice, pi_…, ch_…, cs_…, re_… or dp_…"],
    ],
  )
    .argument("<reference>", KINDS)
    .addHelpText("after", "\nEnds with 3 when they do not agree. Changes nothing.")
    .action(onTarget(shell, showExplanation));
};

async function showExplanation({ target, output }: Session, reference: string): Promise<ExitCode> {
  const explanation: Explanation | undefined = await explain(target.clients, reference);
  if (!explanation) {
    throw new CliError(`Neither Stripe nor the mirror knows "${reference}" as ${KINDS}.`);
  }
  output.answer(explanation, () => explanationLines(explanation));
  return explanation.agrees ? EXIT.done : EXIT.wrong;
}
