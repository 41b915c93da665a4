import { createInterface } from "node:readline";
import { Worker } from "node:worker_threads";

export interface IsolateInput {
  file: string;
  exportName: string;
  functionName: string;
  memoryMb: number;
}

export interface InvocationRequest {
  requestId: string;
  /** JSON: an event crosses as it does to Lambda, so a Date or an undefined never gets through. */
  event: string;
  /** Unix time in milliseconds. */
  deadline: number;
}

/** The shape in which Lambda reports a failed invocation. */
export interface FunctionError {
  errorType: string;
  errorMessage: string;
  trace: string[];
}

export type InvocationResponse = { result: string } | { error: FunctionError };

/** One execution environment: a thread with an environment and modules of its own, one invocation at a time. */
export class Isolate {
  readonly #worker: Worker;
  readonly #timeoutSeconds: number;
  readonly #log: (line: string) => void;
  #settle: ((response: InvocationResponse) => void) | undefined;
  /** Whether it can take another invocation. */
  alive = true;

  constructor(input: IsolateInput, timeoutSeconds: number, env: Record<string, string>, log: (line: string) => void) {
    this.#log = log;
    this.#timeoutSeconds = timeoutSeconds;
    this.#worker = new Worker(new URL("./isolate-thread.mjs", import.meta.url), {
      workerData: input,
      env,
      name: input.functionName,
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: input.memoryMb },
    });
    for (const stream of [this.#worker.stdout, this.#worker.stderr]) createInterface(stream).on("line", log);
    this.#worker.on("message", (response: InvocationResponse) => this.#settle?.(response));
    this.#worker.on("error", (error) => this.#fail(error.name, error.message));
    this.#worker.on("exit", () => this.#fail("Runtime.ExitError", "The function exited without an answer."));
    this.#worker.unref();
  }

  /** Answers with the handler's result or with Lambda's report of what went wrong; it never rejects. */
  async invoke(requestId: string, event: string): Promise<InvocationResponse> {
    const milliseconds = this.#timeoutSeconds * 1000;
    const timer = setTimeout(
      () => this.#fail("Sandbox.Timedout", `Task timed out after ${this.#timeoutSeconds.toFixed(2)} seconds`),
      milliseconds,
    );
    const response = await new Promise<InvocationResponse>((resolve) => {
      this.#settle = resolve;
      const request: InvocationRequest = { requestId, event, deadline: Date.now() + milliseconds };
      this.#worker.postMessage(request);
    });
    clearTimeout(timer);
    this.#settle = undefined;
    return response;
  }

  /** What is still being worked on fails. */
  async close(): Promise<void> {
    this.alive = false;
    this.#settle?.({ error: { errorType: "Runtime.ExitError", errorMessage: "The function was ended.", trace: [] } });
    await this.#worker.terminate();
  }

  #fail(errorType: string, errorMessage: string): void {
    if (!this.alive) return;
    this.alive = false;
    if (this.#settle) this.#settle({ error: { errorType, errorMessage, trace: [] } });
    else this.#log(`between two invocations: ${errorType}: ${errorMessage}`);
    void this.#worker.terminate();
  }
}
