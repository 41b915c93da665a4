import { randomUUID } from "node:crypto";
import type { FunctionDescription } from "../stacks/description.ts";
import type { Build } from "../stacks/stacks-thread.ts";
import { type FunctionError, Isolate } from "./isolate.ts";
import { toSource } from "./to-source.ts";

// Lambda scales to one execution environment per concurrent invocation; a laptop has to stop somewhere.
// Further invocations wait for their turn.
const MAX_ISOLATES = 4;

export type Invocation = { ok: true; payload: unknown } | { ok: false; error: FunctionError };

interface Slot {
  isolate: Isolate;
  /** The bundle's build that the isolate began with. */
  build: number;
}

/**
 * A Lambda function on this machine. An isolate takes one invocation at a time and is kept for the next one, as
 * Lambda does; a new build is used from the next invocation on, while running ones finish with the code they began with.
 */
export class LocalFunction {
  readonly description: FunctionDescription;
  readonly #env: Record<string, string>;
  readonly #log: (line: string) => void;
  /** Resolves when the first build is done, well or not. */
  readonly firstBuild: Promise<void>;
  #onFirstBuild: () => void = () => {};
  #bundle: { file: string; build: number } | undefined;
  #idle: Slot[] = [];
  readonly #isolates = new Set<Isolate>();
  #active = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(description: FunctionDescription, env: Record<string, string>, log: (line: string) => void) {
    this.description = description;
    this.#env = env;
    this.#log = (line) => log(toSource(line));
    this.firstBuild = new Promise((resolve) => {
      this.#onFirstBuild = resolve;
    });
  }

  /** Takes a new bundle into use, or says why there is none; the code before it then stays in use. */
  onBuild(result: Build["result"]): void {
    if ("errors" in result) {
      const consequence = this.#bundle ? "the last good build stays in use" : "it cannot run before this is mended";
      this.#log(`does not build, ${consequence}:\n${result.errors.map((error) => `  ${error}`).join("\n")}`);
    } else {
      if (this.#bundle) this.#log("built anew");
      this.#bundle = { file: result.file, build: (this.#bundle?.build ?? 0) + 1 };
      for (const { isolate } of this.#idle.splice(0)) void this.#closeIsolate(isolate);
    }
    this.#onFirstBuild();
  }

  /** Answers like Lambda's Invoke; a failing handler is an answer, not an exception. */
  async invoke(event: unknown): Promise<Invocation> {
    await this.firstBuild;
    await this.#takeTurn();
    const slot = this.#getSlot();
    if (!slot) {
      this.#endTurn();
      return { ok: false, error: { errorType: "BuildError", errorMessage: "There is no code to run.", trace: [] } };
    }
    const response = await slot.isolate.invoke(randomUUID(), JSON.stringify(event));
    if (slot.isolate.alive && slot.build === this.#bundle?.build) this.#idle.push(slot);
    else void this.#closeIsolate(slot.isolate);
    this.#endTurn();
    if ("result" in response) return { ok: true, payload: JSON.parse(response.result) };
    const { errorType, errorMessage, trace } = response.error;
    this.#log(trace.length > 0 ? trace.join("\n") : `${errorType}: ${errorMessage}`);
    return { ok: false, error: response.error };
  }

  /** Ends all isolates, also those at work: what they work on fails, as when a Lambda is shot down. */
  async close(): Promise<void> {
    this.#bundle = undefined;
    this.#onFirstBuild();
    await Promise.all([...this.#isolates].map((isolate) => this.#closeIsolate(isolate)));
  }

  async #closeIsolate(isolate: Isolate): Promise<void> {
    this.#isolates.delete(isolate);
    await isolate.close();
  }

  #getSlot(): Slot | undefined {
    this.#idle = this.#idle.filter(({ isolate }) => isolate.alive);
    const idle = this.#idle.pop();
    if (idle || !this.#bundle) return idle;
    const { name, handler, memoryMb, timeoutSeconds } = this.description;
    const input = {
      file: this.#bundle.file,
      exportName: handler.slice(handler.lastIndexOf(".") + 1),
      functionName: name,
      memoryMb,
    };
    const isolate = new Isolate(input, timeoutSeconds, this.#env, this.#log);
    this.#isolates.add(isolate);
    return { isolate, build: this.#bundle.build };
  }

  async #takeTurn(): Promise<void> {
    if (this.#active < MAX_ISOLATES) this.#active++;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #endTurn(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#active--;
  }
}
