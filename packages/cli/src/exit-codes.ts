/** What the process ends with. `--help` lists them. */
export const EXIT = {
  done: 0,
  failed: 1,
  /** The call itself is wrong, or the file or table that it names. */
  usage: 2,
  /** It did what it should, and found something wrong. */
  wrong: 3,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** It cannot go on, for a reason that whoever called it can do something about: the message says what. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = EXIT.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}
