import type { Claim, Explanation } from "@turnpike/core/explain";
import { expect, it } from "vitest";
import { explanationLines } from "./explain-lines.ts";

const ADA = "01a21b1a-1237-72bf-aa06-43d406556f9d";
const claim = (fields: Partial<Claim>): Claim => ({
  subject: "cus_5WBYsGqNZTUlgo",
  by: "metadata",
  userId: ADA,
  organizationId: null,
  stands: false,
  unborne: null,
  ...fields,
});
const NOTHING: Explanation = {
  reference: "cus_5WBYsGqNZTUlgo",
  kind: "customer",
  payer: null,
  objects: [],
  claims: [],
  events: [],
  notices: [],
  cut: [],
  forbidden: [],
  isSearched: true,
  unreadable: {},
  misattributed: [],
  agrees: true,
};
const explained = (claims: Claim[], misattributed: string[] = []): string[] =>
  explanationLines({ ...NOTHING, claims, misattributed, agrees: misattributed.length === 0 });

it("an owner whom the mirror has lost is named, as who should be it", () => {
  const lines = explained([claim({ by: "nobody", userId: null, stands: true }), claim({})], ["cus_5WBYsGqNZTUlgo"]);
  expect(lines).toContain("cus_5WBYsGqNZTUlgo  the mirror  nobody                                     has no owner");
  expect(lines).toContain(`cus_5WBYsGqNZTUlgo  metadata    user ${ADA}  should be the owner`);
  expect(lines.join("\n")).toContain("not with the owner whom Stripe names");
});

it("metadata that name no user are said to, and by which key", () => {
  const lines = explained([
    claim({ by: "nobody", userId: null, stands: true }),
    claim({ userId: null, unborne: { key: "user_id", value: ADA, deleted: false } }),
    claim({ userId: null, unborne: { key: "supabaseUUID", value: "12", deleted: true } }),
  ]);
  expect(lines).toContain(`cus_5WBYsGqNZTUlgo  metadata    ${ADA}  user_id names no user`);
  expect(lines.join("\n")).toMatch(/metadata +12 +supabaseUUID names a user who was deleted$/m);
});

it("of two who claim a customer the one is told from the other", () => {
  const lines = explained([
    claim({ stands: true }),
    claim({ by: "email", userId: "01a21b1a-1237-72bf-aa06-000000000000" }),
  ]);
  expect(lines.find((line) => line.includes("  metadata"))).toMatch(/is the owner$/);
  expect(lines.find((line) => line.includes("  email"))).toMatch(/is not: the first owner stays$/);
});

it("of a row too many it is said that reading the account does not take it away", () => {
  const invented = { object: "charge", id: "ch_1", asOf: null, stripe: null, mirror: {}, differing: [] } as const;
  const said = (verdict: "unknown" | "missing") =>
    explanationLines({ ...NOTHING, objects: [{ ...invented, verdict } as never], agrees: false }).at(-1);
  expect(said("unknown")).toMatch(/npx billing sync\nWhat Stripe does not know only the sweep takes away\.$/);
  expect(said("missing")).toMatch(/npx billing sync$/);
});

it("a kind that the key may not read is said to be so", () => {
  expect(explanationLines({ ...NOTHING, forbidden: ["charge"] })).toContain(
    "Of the kind charge nothing is said: the key may not read it.",
  );
});
