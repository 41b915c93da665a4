import type { Audit } from "@turnpike/core/sync";
import { expect, it } from "vitest";
import { auditLines } from "./audit.ts";

const audited = (missing: number): Audit => ({
  asOf: "2026-11-27T10:02:13.000Z",
  equal: false,
  objects: [
    {
      object: "customer",
      objects: missing + 1,
      equal: 1,
      stripeDigest: "",
      mirrorDigest: "",
      differing: Array.from({ length: missing }, (_, n) => ({ id: `cus_${n}`, kind: "missing", columns: [] })),
      behind: [],
      unasked: 0,
      failures: [],
      unread: null,
    },
  ],
});
const named = (missing: number) => auditLines(audited(missing)).filter((line) => line.endsWith("the mirror lacks it"));

it("an audit names what differs, and of an account that was never read a screenful and how much more", () => {
  expect(named(20)).toHaveLength(20);
  expect(auditLines(audited(20)).join("\n")).not.toContain("more");
  expect(named(3_000)).toHaveLength(20);
  expect(auditLines(audited(3_000))).toContain(
    "customer: … and 2,980 more. --json names up to a thousand of each kind",
  );
});

it("what Stripe may have changed in silence is named apart, and what was not compared is not called equal", () => {
  const { asOf, objects } = audited(0);
  const amount = { column: "amount", stripe: 2900, mirror: 2901 };
  const [kind] = objects.map((each) => ({
    ...each,
    behind: [{ id: "pi_1", kind: "behind" as const, columns: [amount] }],
    unasked: 7,
  }));
  const lines = auditLines({ asOf, equal: false, objects: kind ? [kind] : [] });
  expect(lines[1]).toMatch(/^customer +1 of 1 +differs$/);
  expect(lines.slice(-4)).toEqual([
    "customer: 7 that no list of Stripe's shows were too many to ask for",
    "Not counted, for Stripe may have told nothing of it; the sweep brings it:",
    "customer pi_1: amount is 2900, and 2901 here",
    `Not all equal Stripe as of ${asOf}.`,
  ]);
});

it("a kind that could not be read is said to be so, and why", () => {
  const { asOf, objects } = audited(0);
  const linesOf = (unread: string) =>
    auditLines({ asOf, equal: false, objects: objects.map((each) => ({ ...each, unread })) });
  expect(linesOf("forbidden")[1]).toMatch(/^customer +1 of 1 +the key may not read it$/);
  expect(linesOf("api_error")[1]).toMatch(/^customer +1 of 1 +could not be read whole \(api_error\)$/);
});
