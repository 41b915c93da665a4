import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { EXAMPLE_ROOT } from "../testing/example.ts";
import type { FunctionDescription, SystemDescription } from "./description.ts";
import { startStacks } from "./start-stacks.ts";

const outDir = mkdtempSync(join(tmpdir(), "turnpike-stacks-"));
let system: SystemDescription;

beforeAll(async () => {
  const stacks = await startStacks({ root: EXAMPLE_ROOT, outDir, watch: false, environment: { GREETING: "hello" } });
  system = stacks.system;
  await stacks.close();
});
afterAll(() => rmSync(outDir, { recursive: true }));

function getFunction(name: string): FunctionDescription {
  const found = system.functions.find((fn) => fn.name === name);
  if (!found) throw new Error(`no function ${name}`);
  return found;
}

it("knows each route by its method, its path and its function", () => {
  expect(system.routes).toContainEqual({ method: "POST", path: "/api/send", functionName: "send" });
  expect(system.routes).toContainEqual({ method: "GET", path: "/api/slow", functionName: "misbehave" });
});

it("tells functions of one file apart", () => {
  const misbehaving = system.functions.filter(({ handler }) => handler.includes("misbehave"));
  expect(misbehaving.map(({ name, handler }) => [name, handler])).toEqual([
    ["misbehave", "functions/misbehave.slow"],
    ["misbehave-2", "functions/misbehave.throwing"],
    ["misbehave-3", "functions/misbehave.exiting"],
  ]);
  expect(getFunction("misbehave").timeoutSeconds).toBe(1);
});

it("reads a queue with its consumer, its window and its dead-letter queue", () => {
  expect(system.queues.find(({ name }) => name.endsWith("-Work"))).toEqual({
    name: "local-example-Work",
    attributes: { VisibilityTimeout: "30" },
    redrive: { deadLetterQueue: "local-example-Dead", maxReceiveCount: 2 },
    consumer: { functionName: "consume", batchSize: 25, windowSeconds: 2, reportsBatchItemFailures: true },
  });
});

it("reads the schedule", () => {
  expect(system.schedules).toEqual([{ name: "Tick", expression: "rate(5 minutes)", functionName: "echo-3" }]);
});

it("gives a function its own environment, with secrets and queues to be filled in", () => {
  const { environment } = getFunction("environment");
  expect(environment).toMatchObject({ GREETING: "hello", SST_Secret_value_BOUND_SECRET: { secret: "BOUND_SECRET" } });
  expect(environment).not.toHaveProperty("SST_Secret_value_OTHER_SECRET");
  expect(getFunction("send").environment.SST_Queue_queueUrl_Work).toEqual({
    queue: "local-example-Work",
    attribute: "url",
  });
});
