import { connect } from "node:net";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { startExample } from "./testing/example.ts";

let example: Awaited<ReturnType<typeof startExample>>;
beforeAll(async () => {
  example = await startExample();
  example.startConsumers();
});
afterAll(() => example.close());

async function readJson(response: Promise<Response>): Promise<Record<string, unknown>> {
  return JSON.parse(await (await response).text());
}

const call = (path: string, init?: RequestInit) => fetch(example.url + path, init);

it("hands a function its request and sends back its answer", async () => {
  const response = call("/api/things/a%2Fb?x=1", { headers: { cookie: "s=1" } });
  const { event } = await readJson(response);
  expect(event).toMatchObject({
    routeKey: "GET /api/things/{id}",
    rawPath: "/api/things/a%2Fb",
    pathParameters: { id: "a/b" },
    queryStringParameters: { x: "1" },
    cookies: ["s=1"],
    requestContext: { requestId: (await response).headers.get("apigw-requestid") },
  });
});

it("lets a function read the secret that it is bound to, no other, and nothing of this machine", async () => {
  const { variables, bound, other } = await readJson(call("/api/environment"));
  expect(bound).toBe("s3cret");
  expect(other).toBe("Cannot use Config.OTHER_SECRET. Please make sure it is bound to this function.");
  expect(variables).toMatchObject({
    GREETING: "hello",
    AWS_REGION: "eu-west-1",
    AWS_LAMBDA_FUNCTION_NAME: "environment",
  });
  expect(variables).not.toHaveProperty("HOME");
});

it("takes a message from a route over the queue to its consumer, and a poisoned one to the dead-letter queue", async () => {
  for (const body of ["fine", "fail this"]) {
    const { status } = await call("/api/send", { method: "POST", headers: { "content-type": "text/plain" }, body });
    expect(status).toBe(202);
  }
  await vi.waitFor(() => expect(example.getQueueDepth("Dead").visible).toBe(1), { timeout: 12_000, interval: 50 });
  expect(example.getQueueDepth("Work")).toEqual({ visible: 0, inFlight: 0 });
});

it.each(["/api/slow", "/api/throw", "/api/exit"])(
  "answers 500 without a word of why when a function fails: %s",
  async (path) => {
    const response = await call(path);
    expect([response.status, await response.json()]).toEqual([500, { message: "Internal Server Error" }]);
  },
);

it("logs where in the source a function failed, not where in its bundle", async () => {
  await call("/api/throw");
  expect(example.lines.join("\n")).toMatch(/testing\/system\/functions\/misbehave\.ts:\d+/);
});

it("answers 404 to an unknown path, and 405 with Allow to another method", async () => {
  const unknown = await call("/api/nothing");
  expect([unknown.status, await unknown.json()]).toEqual([404, { message: "Not Found" }]);
  const wrong = await call("/api/send");
  expect([wrong.status, wrong.headers.get("allow")]).toEqual([405, "POST"]);
  const options = await call("/api/send", { method: "OPTIONS" });
  expect([options.status, options.headers.get("allow")]).toEqual([204, "POST"]);
});

it("answers HEAD without a body", async () => {
  const response = await call("/api/things/1", { method: "HEAD" });
  expect([response.status, await response.text()]).toEqual([200, ""]);
});

it("refuses a body of more than ten megabytes", async () => {
  const { status } = await call("/api/echo", { method: "POST", body: Buffer.alloc(10 * 1024 * 1024 + 1) });
  expect(status).toBe(413);
});

it("survives a caller that hangs up in the middle of its request", async () => {
  const socket = connect(Number(new URL(example.url).port), "127.0.0.1");
  socket.write("POST /api/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf");
  await new Promise((go) => setTimeout(go, 100));
  socket.destroy();
  await vi.waitFor(() => expect(example.lines.join("\n")).toContain("POST /api/echo → aborted"));
  expect((await call("/api/echo")).status).toBe(200);
});

it("tells of nothing that its end cuts off as if it had failed", async () => {
  const ending = await startExample();
  ending.startConsumers();
  await fetch(`${ending.url}/api/send`, { method: "POST", headers: { "content-type": "text/plain" }, body: "slow" });
  await vi.waitFor(() => expect(ending.getQueueDepth("Work").inFlight).toBe(1), { timeout: 20_000, interval: 50 });
  const answered = fetch(`${ending.url}/api/slow`).catch(() => "cut off");
  await vi.waitFor(() => expect(ending.lines.join("\n")).toContain("POST /api/send"));
  const told = ending.lines.length;
  await ending.close();
  expect([await answered, ending.lines.slice(told)]).toEqual(["cut off", []]);
});
