import { expect, test } from "vitest";
import { readable } from "./locale.ts";

test("a language that no formatter takes is left out", () => {
  expect(readable(["en-US@posix", "de-CH", "", "en"])).toEqual(["de-CH", "en"]);
});
