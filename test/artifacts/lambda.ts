import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";

const RIC = fileURLToPath(new URL("ric/node_modules/aws-lambda-ric", import.meta.url));

/** Whether AWS's runtime interface client is installed: `node test/artifacts/run.mjs` does that. */
export const isRuntimeInterfaceClientInstalled = existsSync(`${RIC}/rapid-client.node`);

export interface LambdaOptions {
  /** The folder of the function's code, as SST builds it. */
  taskRoot: string;
  /** Within it: `packages/functions/src/health.handler`. */
  handler: string;
  environment: Record<string, string>;
}

export interface Invocation {
  /** When the answer was there, in milliseconds after the process was started. */
  atMs: number;
  ok: boolean;
  /** What the handler returned; the report of what went wrong, if it threw. */
  payload: unknown;
}

interface Task {
  event: unknown;
  resolve(invocation: Invocation): void;
  reject(error: Error): void;
}

/**
 * A built function within AWS's runtime interface client, as it runs in Lambda: a process of its own that asks a runtime API
 * for one event after the other. https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */
export class Lambda {
  /** When it asked for its first event, in milliseconds after the process was started. Rejects when it never does. */
  readonly initializedAtMs: Promise<number>;
  readonly #server = createServer((request, response) => this.#answer(request, response));
  readonly #waiting: Task[] = [];
  readonly #running = new Map<string, Task>();
  #idle: ServerResponse | undefined;
  #process: ChildProcess | undefined;
  #startedAt = 0;
  #count = 0;
  #log = "";
  #onInitialized: (atMs: number) => void = () => {};
  #onFailed: (error: Error) => void = () => {};

  private constructor() {
    this.initializedAtMs = new Promise((resolve, reject) => {
      this.#onInitialized = resolve;
      this.#onFailed = reject;
    });
    this.initializedAtMs.catch(() => {}); // whoever invokes it hears of it too
  }

  static async start(options: LambdaOptions): Promise<Lambda> {
    const lambda = new Lambda();
    lambda.#server.listen(0, "127.0.0.1");
    await once(lambda.#server, "listening");
    lambda.#spawn(options);
    return lambda;
  }

  /** Everything that it has written. */
  get log(): string {
    return this.#log;
  }

  invoke(event: unknown): Promise<Invocation> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ event, resolve, reject });
      this.#handOver();
    });
  }

  async close(): Promise<void> {
    this.#process?.removeAllListeners("exit");
    this.#process?.kill("SIGKILL");
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #spawn({ taskRoot, handler, environment }: LambdaOptions): void {
    const { port } = this.#server.address() as AddressInfo;
    this.#startedAt = performance.now();
    const child = spawn(process.execPath, [`${RIC}/index.mjs`], {
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...environment,
        _HANDLER: handler,
        LAMBDA_TASK_ROOT: taskRoot,
        AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
        AWS_LAMBDA_LOG_STREAM_NAME: "local",
        AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
      },
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.#log += text;
      });
    }
    child.on("exit", (code) => this.#fail(`The process ended with ${code}`));
    this.#process = child;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const atMs = performance.now() - this.#startedAt;
    const [what = "", kind = ""] = (request.url ?? "").split("/").slice(-2);
    if (kind === "next") {
      this.#onInitialized(atMs);
      this.#idle = response;
      return this.#handOver();
    }
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    response.writeHead(202).end("{}");
    const task = this.#running.get(what);
    if (!task) return this.#fail(body);
    this.#running.delete(what);
    task.resolve({ atMs, ok: kind === "response", payload: JSON.parse(body) });
  }

  #handOver(): void {
    const [response, task] = [this.#idle, this.#waiting[0]];
    if (!response || !task) return;
    this.#idle = undefined;
    this.#waiting.shift();
    const requestId = `request-${++this.#count}`;
    this.#running.set(requestId, task);
    response.writeHead(200, {
      "content-type": "application/json",
      "lambda-runtime-aws-request-id": requestId,
      "lambda-runtime-deadline-ms": String(Date.now() + 30_000),
      "lambda-runtime-invoked-function-arn": "arn:aws:lambda:us-east-1:000000000000:function:local",
      "lambda-runtime-trace-id": "Root=1-00000000-000000000000000000000000;Sampled=0",
    });
    response.end(JSON.stringify(task.event));
  }

  #fail(reason: string): void {
    const error = new Error(`${reason}\n${this.#log}`);
    this.#onFailed(error);
    for (const task of [...this.#waiting.splice(0), ...this.#running.values()]) task.reject(error);
  }
}
