import type { Command } from "commander";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import type { Interrupt } from "./interrupt.ts";
import { createOutput, type Output } from "./output.ts";
import { describeTarget, type Target } from "./target/index.ts";

/** What a command works with. */
export interface Session {
  target: Target;
  output: Output;
  /** From now on the command ends by itself when this is aborted, at Ctrl-C. */
  takeInterrupt(): AbortSignal;
}

/** What all commands share: made once, by `main.ts`. */
export interface Shell {
  findTarget(stage: string | undefined): Target;
  interrupt: Interrupt;
  exitWith(code: ExitCode): void;
}

/** Adds a command to the program, in a file of its own under `commands/`. */
export type AddCommand = (program: Command, shell: Shell) => void;

/** Begins a command, which says of itself what it is for and how it is called. */
export function describeCommand(
  parent: Command,
  name: string,
  summary: string,
  examples: [call: string, does: string][],
): Command {
  const width = Math.max(...examples.map(([call]) => call.length));
  const lines = examples.map(([call, does]) => `  $ npx billing ${call.padEnd(width)}  ${does}`);
  return parent
    .command(name)
    .description(summary)
    .addHelpText("after", ["", "Examples:", ...lines].join("\n"));
}

/**
 * What commander calls: finds the target, says which it is, and lets `work` do the rest.
 * @param work takes the session, then what commander hands on: arguments and options
 */
export function onTarget<Arguments extends unknown[]>(
  shell: Shell,
  work: (session: Session, ...handed: Arguments) => Promise<ExitCode | undefined>,
) {
  return async (...handed: [...Arguments, Command]): Promise<void> => {
    const command = handed.pop() as Command;
    const { stage, json = false } = command.optsWithGlobals<{ stage?: string; json?: boolean }>();
    const target = shell.findTarget(stage);
    const output = createOutput(json);
    output.note(describeTarget(target));
    const session = { target, output, takeInterrupt: () => shell.interrupt.take() };
    const code = await work(session, ...(handed as unknown as Arguments));
    shell.exitWith(shell.interrupt.happened ? EXIT.interrupted : (code ?? EXIT.done));
  };
}
