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
      failures: [],
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
