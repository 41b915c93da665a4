import { expect, it } from "vitest";
import { explain } from "./unreadable.ts";

it("the field that a payload could not be read at is named, also where it is no list and one was to be gone through", () => {
  const read = (payload: unknown) => {
    for (const _ of (payload as { items: { data: Iterable<unknown> } }).items.data) break;
  };
  expect(() => explain("subscription", { items: { data: {} } }, read)).toThrow(/^subscription\.items\.data: /);
});
