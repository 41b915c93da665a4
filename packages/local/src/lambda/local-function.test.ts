import { afterEach, expect, it } from "vitest";
import { createPlainFunction, type PlainFunctionOptions } from "../testing/plain-function.ts";

const opened: ReturnType<typeof createPlainFunction>[] = [];
afterEach(async () => {
  for (const plain of opened.splice(0)) await plain.close();
});

function create(code: string, options?: PlainFunctionOptions) {
  const plain = createPlainFunction(code, options);
  opened.push(plain);
  return plain;
}

it("sees its own environment and nothing of this process", async () => {
  const { fn } = create("export const handler = async () => process.env", { env: { OWN: "yes" } });
  expect(await fn.invoke({})).toEqual({ ok: true, payload: { OWN: "yes" } });
});

it("hands over the event and the answer as JSON", async () => {
  const { fn } = create("export const handler = async (event) => ({ event, when: new Date(0), lost: undefined })");
  const answer = await fn.invoke({ at: new Date(0), lost: undefined });
  expect(answer).toEqual({
    ok: true,
    payload: { event: { at: "1970-01-01T00:00:00.000Z" }, when: "1970-01-01T00:00:00.000Z" },
  });
});

it("keeps an isolate, with what its module remembers, for the next invocation", async () => {
  const { fn } = create("let calls = 0; export const handler = async () => ++calls");
  expect([await fn.invoke({}), await fn.invoke({})]).toEqual([
    { ok: true, payload: 1 },
    { ok: true, payload: 2 },
  ]);
});

it("runs invocations at the same time in isolates that share nothing", async () => {
  const { fn } = create(`let calls = 0;
    export const handler = async () => { calls++; await new Promise((go) => setTimeout(go, 200)); return calls; }`);
  const answers = await Promise.all(Array.from({ length: 4 }, () => fn.invoke({})));
  expect(answers).toEqual(Array(4).fill({ ok: true, payload: 1 }));
});

it("lets more invocations than isolates wait for their turn", async () => {
  const { fn } = create("export const handler = async ({ number }) => number");
  const answers = await Promise.all(Array.from({ length: 20 }, (_, number) => fn.invoke({ number })));
  expect(answers).toEqual(Array.from({ length: 20 }, (_, payload) => ({ ok: true, payload })));
});

it("ends a handler at its timeout, even one that never yields, and works again afterwards", async () => {
  const { fn } = create("export const handler = async ({ hang }) => { while (hang); return 'fine'; }", {
    timeoutSeconds: 1,
  });
  expect(await fn.invoke({ hang: true })).toMatchObject({
    ok: false,
    error: { errorType: "Sandbox.Timedout", errorMessage: "Task timed out after 1.00 seconds" },
  });
  expect(await fn.invoke({ hang: false })).toEqual({ ok: true, payload: "fine" });
});

it("reports what a handler throws as Lambda does, and logs it", async () => {
  const { fn, lines } = create("export const handler = async () => { throw new RangeError('too far') }");
  expect(await fn.invoke({})).toMatchObject({ ok: false, error: { errorType: "RangeError", errorMessage: "too far" } });
  expect(lines.join("\n")).toContain("RangeError: too far");
});

it.each([
  ["exits", "export const handler = () => process.exit(1)", "Runtime.ExitError"],
  [
    "throws out of turn",
    "export const handler = () => new Promise(() => setTimeout(() => { throw new TypeError('late') }))",
    "TypeError",
  ],
  ["does not load", "throw new SyntaxError('at import')", "SyntaxError"],
  ["is missing", "export const other = 1", "TypeError"],
])("survives a handler that %s", async (_, code, errorType) => {
  expect(await create(code).fn.invoke({})).toMatchObject({ ok: false, error: { errorType } });
});

it("uses new code from the next invocation on, while a running one ends with the old", async () => {
  const { fn, build } = create(
    "export const handler = () => new Promise((done) => setTimeout(() => done('old'), 300))",
  );
  const running = fn.invoke({});
  await new Promise((go) => setTimeout(go, 150));
  build("export const handler = async () => 'new'");
  expect(await fn.invoke({})).toEqual({ ok: true, payload: "new" });
  expect(await running).toEqual({ ok: true, payload: "old" });
});

it("keeps the old code when the new does not build", async () => {
  const { fn, lines } = create("export const handler = async () => 'old'");
  fn.onBuild({ errors: ["a.ts:1:2: Expected ;"] });
  expect(await fn.invoke({})).toEqual({ ok: true, payload: "old" });
  expect(lines.join("\n")).toContain("a.ts:1:2: Expected ;");
});

it("starts anew after an isolate has died between two invocations", async () => {
  const { fn, lines } = create(`export const handler = async ({ die }) => {
    if (die) setTimeout(() => { throw new TypeError("too late") }, 300);
    return "fine";
  }`);
  expect(await fn.invoke({ die: true })).toEqual({ ok: true, payload: "fine" });
  await expect
    .poll(() => lines.join("\n"), { timeout: 10_000 })
    .toContain("between two invocations: TypeError: too late");
  expect(await fn.invoke({ die: false })).toEqual({ ok: true, payload: "fine" });
});
