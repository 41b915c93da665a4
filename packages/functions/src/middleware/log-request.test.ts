import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import { expect, it, onTestFinished, vi } from "vitest";
import { logRequest } from "./log-request.ts";
import { Stack } from "./stack.ts";

it.each([
  [503, "error"],
  [500, "error"],
  [499, "info"],
] as const)("an answer of %i is an %s in the log, though nothing was thrown", async (statusCode, level) => {
  const write = vi.spyOn(console, level).mockImplementation(() => {});
  onTestFinished(() => write.mockRestore());
  const request = { requestContext: { requestId: "1" }, routeKey: "GET /" } as APIGatewayProxyEventV2;
  await new Stack().use(logRequest()).handler(async () => ({ statusCode }))(request, {} as Context);
  expect(write.mock.calls.map(([line]) => JSON.parse(line))).toMatchObject([{ level, status: statusCode }]);
});
