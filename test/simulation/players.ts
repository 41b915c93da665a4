import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Order, Played } from "./player.ts";

const PLAYER = fileURLToPath(new URL("./player.ts", import.meta.url));
/** Modules that a world has loaded are never given back: a process is followed by another before that is much. */
const WORLDS_OF_A_PROCESS = 150;
/** A world takes some ten seconds, and minutes beside other work: one that takes so long hangs. */
const MOST_MS = 1_200_000;

/** Processes that play worlds, side by side. */
export class Player {
  readonly #environment: NodeJS.ProcessEnv;
  #process: ChildProcess | undefined;
  #played = 0;

  /** @param environment what makes its world another: MIGRATIONS_DIR, CODE_MUTANT */
  constructor(environment: NodeJS.ProcessEnv = {}) {
    this.#environment = { ...process.env, ...environment };
  }

  /** What is no more played to its end, because the process died or hung, does not hold. */
  async play(line: string, { traced = false, patch }: Partial<Order> = {}): Promise<Played> {
    if (this.#played++ >= WORLDS_OF_A_PROCESS) this.close();
    this.#process ??= fork(PLAYER, {
      env: this.#environment,
      // What a world leaves behind is mostly of no use a moment later.
      execArgv: [...process.execArgv, "--max-semi-space-size=64", "--experimental-async-context-frame"],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      // A terminal's Ctrl-C is for whoever tells what was found; the player goes with them.
      detached: true,
    });
    const player = this.#process;
    const ended = new AbortController();
    const timer = setTimeout(() => player.kill("SIGKILL"), MOST_MS);
    try {
      player.send({ line, traced, patch } satisfies Order);
      const died = once(player, "exit", ended).then(() => {
        throw new Error("The process that played it died or hung");
      });
      const [played] = await Promise.race([once(player, "message", ended), died]);
      return played as Played;
    } catch (error) {
      this.close();
      const failures = { "it comes to an end": [(error as Error).message] };
      return { digest: "", histories: 0, failures, faults: [], steps: [], ms: 0 };
    } finally {
      clearTimeout(timer);
      ended.abort();
    }
  }

  close(): void {
    this.#process?.kill();
    this.#process = undefined;
    this.#played = 0;
  }
}
