import { expect, test } from "vitest";
import { offeredOf } from "./providers.ts";

test("offered are the providers that the project has switched on, by their names", () => {
  const external = {
    email: true,
    phone: true,
    anonymous_users: true,
    github: true,
    google: true,
    apple: false,
    azure: true,
  };
  expect(offeredOf({ external }).map(({ name }) => name)).toEqual(["Google", "Microsoft", "GitHub"]);
  expect(offeredOf({})).toEqual([]);
});
