/**
 * The thread of an isolate. Plain JavaScript: each thread would begin with loading what takes types out of TypeScript, which takes as
 * long as all the rest of its start.
 */
import { pathToFileURL } from "node:url";
import { parentPort, workerData } from "node:worker_threads";

/** @type {import("./isolate.ts").IsolateInput} */
const { file, exportName, functionName, memoryMb } = workerData;

parentPort?.on("message", async (request) => {
  parentPort?.postMessage(await answer(request));
});

/**
 * @param {import("./isolate.ts").InvocationRequest} request
 * @returns {Promise<import("./isolate.ts").InvocationResponse>}
 */
async function answer(request) {
  try {
    const handler = await loadHandler();
    const result = await handler(JSON.parse(request.event), createContext(request));
    return { result: JSON.stringify(result ?? null) };
  } catch (error) {
    return { error: describeError(error) };
  }
}

/** A module is evaluated once per isolate, at its first invocation: Lambda's cold start. */
async function loadHandler() {
  const module = await import(pathToFileURL(file).href);
  const handler = module[exportName];
  if (typeof handler !== "function") throw new TypeError(`${functionName} exports no function "${exportName}".`);
  return handler;
}

/**
 * @param {import("./isolate.ts").InvocationRequest} request
 * @returns {import("aws-lambda").Context}
 */
function createContext({ requestId, deadline }) {
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

/** @returns {never} */
function refuseCallback() {
  throw new Error("Return a promise: answering by a callback of the context is not supported.");
}

/** @param {unknown} error */
function describeError(error) {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error), trace: [] };
  return { errorType: error.name, errorMessage: error.message, trace: error.stack?.split("\n") ?? [] };
}
