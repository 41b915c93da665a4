import { ErrorAnswer } from "@turnpike/core/errors/schema";
import { expect, test } from "vitest";
import { describeProblem, referenceOf } from "./problem.ts";

test("every refusal is said in plain words, and none by its code", () => {
  for (const code of Object.values(ErrorAnswer.shape.code.def.entries)) {
    expect(describeProblem(code)).toMatch(/^[A-Z][^_]+[.]$/);
    expect(describeProblem(code)).not.toContain(code);
  }
});

test.each(["new_code", "", "constructor", "__proto__"])(
  "of the code %j, which is not known, it is said what to do",
  (code) => {
    expect(describeProblem(code)).toMatch(/try again/i);
  },
);

test("a reference is what a gateway makes, and nothing that others wrote into a link", () => {
  expect(referenceOf("JKJaXmPLvHcESHA=")).toBe("JKJaXmPLvHcESHA=");
  for (const text of [null, "", "Call 555-1234", "<b>", "x".repeat(65)]) expect(referenceOf(text)).toBeUndefined();
});
