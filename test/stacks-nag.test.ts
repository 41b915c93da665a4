import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { SUPPRESSIONS } from "../stacks/nag-suppressions.ts";
import { ASSEMBLIES } from "./templates.ts";

/** cdk-nag's reports: a line per rule and resource, `"rule","path","compliance","reason",…`. */
const lines = ["prod", "dev"].flatMap((stage) =>
  readdirSync(`${ASSEMBLIES}/${stage}`)
    .filter((file) => file.endsWith("-NagReport.csv"))
    .flatMap((file) => readFileSync(`${ASSEMBLIES}/${stage}/${file}`, "utf8").trim().split("\n").slice(1)),
);
const rows = lines.map((line) => {
  const [rule = "", path = "", compliance = ""] = line.slice(1, -1).split('","');
  return { rule, path: path.replace(/^(prod|dev)-turnpike-/, ""), compliance, line };
});

it("nothing that the rules find is left open", () => {
  expect(rows.length).toBeGreaterThan(100);
  expect(rows.filter(({ compliance }) => !["Compliant", "Suppressed"].includes(compliance))).toEqual([]);
});

it.each(SUPPRESSIONS)("the suppression of $rule for $resources is still needed", ({ rule, path, reason }) => {
  const used = rows.filter((row) => row.compliance === "Suppressed" && row.rule === rule && path.test(row.path));
  expect(used.some(({ line }) => line.includes(reason.slice(0, 40)))).toBe(true);
});
