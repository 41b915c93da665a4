import type { APIGatewayProxyEventV2, Context } from "aws-lambda";
import { expect, it } from "vitest";
import { Stack } from "./stack.ts";

const request = () => ({ rawPath: "/" }) as APIGatewayProxyEventV2;
const context = {} as Context;
const answer = async () => ({ statusCode: 200 });

it("each step sees what the ones before it have added, and the handler sees it all", async () => {
  const handler = new Stack()
    .add(() => ({ first: 1 }))
    .add(async ({ event: { first } }) => ({ second: first + 1 }))
    .handler(async ({ first, second }) => ({ statusCode: 200, body: `${first} ${second}` }));
  expect(await handler(request(), context)).toEqual({ statusCode: 200, body: "1 2" });
});

it("what was not added does not compile", () => {
  // @ts-expect-error
  new Stack().add(({ event }) => ({ name: event.user })).handler(answer);
  // @ts-expect-error
  new Stack().handler(async ({ user }) => ({ statusCode: 200, body: user.id }));
  new Stack()
    .add(() => ({ user: { id: "ada" } }))
    // @ts-expect-error: after a failure it may be absent
    .use({ onError: ({ event }) => event.user.id })
    .handler(answer);
});

it("after a step that fails no further one runs, and the error handlers see what had been added", async () => {
  const seen: unknown[] = [];
  const handler = new Stack()
    .add(() => ({ first: 1 }))
    .use({
      onError: (failed) => {
        seen.push(failed.event.first, failed.error?.message);
        failed.response = { statusCode: 500 };
      },
    })
    .add((): { second: number } => {
      throw new Error("no");
    })
    .add(() => {
      seen.push("third");
      return {};
    })
    .handler(answer);
  expect(await handler(request(), context)).toEqual({ statusCode: 500 });
  expect(seen).toEqual([1, "no"]);
});

it("a handler that takes longer than Lambda waits is answered for, a second before the end", async () => {
  const handler = new Stack()
    .use({
      onError: (failed) => {
        failed.response = { statusCode: 500 };
      },
    })
    .handler(() => new Promise(() => {}));
  const almostOver = { getRemainingTimeInMillis: () => 1_050 } as Context;
  const began = performance.now();
  expect(await handler(request(), almostOver)).toEqual({ statusCode: 500 });
  expect(performance.now() - began).toBeLessThan(900);
});
