import { expect, test } from "vitest";
import { DatabaseBusyError, takeTurns } from "./turns.ts";

test("work is done one at a time and in order, whether it fails or not", async () => {
  const inTurn = takeTurns(1000);
  const seen: string[] = [];
  const work = (name: string) => async () => {
    seen.push(`${name} begins`);
    await new Promise((resolve) => setTimeout(resolve, 5));
    seen.push(`${name} ends`);
    if (name === "a") throw new Error(name);
  };
  await Promise.allSettled([inTurn(work("a")), inTurn(work("b"))]);
  expect(seen).toEqual(["a begins", "a ends", "b begins", "b ends"]);
});

test("whoever waits too long is refused, never let in beside the one that hangs", async () => {
  const inTurn = takeTurns(20);
  const hanging = Promise.withResolvers<void>();
  const first = inTurn(() => hanging.promise);
  const refused: string[] = [];
  await expect(inTurn(async () => refused.push("ran"))).rejects.toThrow(DatabaseBusyError);
  hanging.resolve();
  await first;
  expect(await inTurn(async () => "served")).toBe("served");
  expect(refused).toEqual([]);
});
