import type { Finding } from "@turnpike/core/doctor";
import { expect, it } from "vitest";
import { doctorLines } from "./doctor-lines.ts";

const ok: Finding = { check: "stripe key", state: "ok", says: "is good", details: [], why: null, mend: null };
const wrong: Finding = {
  check: "webhook endpoint",
  state: "wrong",
  says: "Nobody knows the signing secret of the endpoint we_1QabcdefghijklmnopqrstuV: setup was cut off",
  details: ["made by a run of which nobody knows when it was, on which machine, and by whom"],
  why: "Stripe shows it once. What this endpoint sends is refused, and comes late by the reconciliation alone.",
  mend: "npx billing setup --stage production --write-secret-to secret.env\nand look at https://dashboard.stripe.com/webhooks for what became of it",
};
const awaiting: Finding = { ...ok, check: "grants", state: "unknown", awaits: "Supabase" };

it.each([60, 100])("no line is longer than a terminal of %i columns, but a command, which is copied whole", (width) => {
  const lines = doctorLines([ok, wrong, ...Array.from({ length: 9 }, () => awaiting)], width);
  const [command = "", ...others] = lines.filter((line) => line.length > width);
  expect(others).toEqual([]);
  if (width === 60)
    expect(command.trim()).toBe("mend  npx billing setup --stage production --write-secret-to secret.env");
  else expect(command).toBe("");
  expect(lines.join(" ").replaceAll(/\s+/g, " ")).toContain(wrong.why);
});

it("what is said stands beside the check where there is room, else under it", () => {
  expect(doctorLines([ok], 100)[0]).toBe("✓ stripe key          is good");
  expect(doctorLines([ok], 60).slice(0, 2)).toEqual(["✓ stripe key", "  is good"]);
  expect(doctorLines([wrong], 60)).toContain("        refused, and comes late by the reconciliation alone.");
});

it("a file or a program gets each text in one line", () => {
  expect(doctorLines([wrong], Number.POSITIVE_INFINITY)).toContain(`${" ".repeat(22)}why   ${wrong.why}`);
});
