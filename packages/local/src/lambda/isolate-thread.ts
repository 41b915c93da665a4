import { pathToFileURL } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import type { Context } from "aws-lambda";
import type { InvocationRequest, InvocationResponse, IsolateInput } from "./isolate.ts";

type Handler = (event: unknown, context: Context) => unknown;

const { file, exportName, functionName, memoryMb }: IsolateInput = workerData;

parentPort?.on("message", async (request: InvocationRequest) => {
  parentPort?.postMessage(await answer(request));
});

async function answer(request: InvocationRequest): Promise<InvocationResponse> {
  try {
    const handler = await loadHandler();
    const result = await handler(JSON.parse(request.event), createContext(request));
    return { result: JSON.stringify(result ?? null) };
  } catch (error) {
    return { error: describeError(error) };
  }
}

// A module is evaluated once per isolate, at its first invocation: Lambda's cold start.
async function loadHandler(): Promise<Handler> {
  const module: Record<string, unknown> = await import(pathToFileURL(file).href);
  const handler = module[exportName];
  if (typeof handler !== "function") throw new TypeError(`${functionName} exports no function "${exportName}".`);
  return (event, context) => handler(event, context);
}

function createContext({ requestId, deadline }: InvocationRequest): Context {
  return {
    awsRequestId: requestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName,
    functionVersion: "$LATEST",
    invokedFunctionArn: `arn:aws:lambda:${process.env.AWS_REGION}:000000000000:function:${functionName}`,
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: "local",
    memoryLimitInMB: String(memoryMb),
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
    // Node.js functions that answer by callback are no longer supported from Node.js 24 on; ours return promises.
    done: refuseCallback,
    fail: refuseCallback,
    succeed: refuseCallback,
  };
}

function refuseCallback(): never {
  throw new Error("Return a promise: answering by a callback of the context is not supported.");
}

function describeError(error: unknown) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: error.stack?.split("\n") ?? [] };
}
