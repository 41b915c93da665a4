import { readArguments } from "../../scripts/arguments.ts";
import { explore, type Model } from "./explore.ts";
import { ALL_GUARD_RULES, GUARD_RULES, type GuardRules, guardModel } from "./guard.ts";
import { LIVES } from "./lives.ts";
import { ALL_SALE_RULES, SALE_RULES, type SaleRules, saleModel } from "./sale.ts";

const USAGE = `Usage: npm run model -- [options]

Walks through every history that there is, within bounds, of one object's row and of one payer's sale: whatever the order, no history may
end wrong. Then takes away one rule after the other, and shows the shortest history that goes wrong without it. Exits with 1 when a history
goes wrong with all rules, or none goes wrong without one.

  --writers <n>   consumers at once, and whoever reads beside them (3)
  --seconds <n>   the seconds in which the object changes (3)
  --requests <n>  tabs in which the payer buys at once (3)
  --help`;

const values = readArguments(USAGE, {
  writers: { type: "string", default: "3" },
  seconds: { type: "string", default: "3" },
  requests: { type: "string", default: "3" },
});
const bounds = { writers: Number(values.writers), seconds: Number(values.seconds), reads: 1 };
/** Longer than a lease and what is on its way when it ends. */
const sale = { requests: Number(values.requests), time: 8 };
/** Enough to see what a rule is there for. */
const FEW = { writers: 2, seconds: 2, reads: 1 };

walk();

function walk(): void {
  console.log("| every history of | states | steps | seconds | ends wrong |\n|---|---|---|---|---|");
  for (const [name, life] of Object.entries(LIVES)) tell(`an object that ${name}`, guardModel({ ...bounds, life }));
  tell(`a payer with ${sale.requests} tabs`, saleModel(sale));

  console.log("\n| without the rule that | goes wrong | after |\n|---|---|---|");
  for (const rule of Object.keys(GUARD_RULES) as (keyof GuardRules)[]) {
    const rules = { ...ALL_GUARD_RULES, [rule]: false };
    tellWithout(
      GUARD_RULES[rule],
      Object.values(LIVES).map((life) => guardModel({ ...FEW, life }, rules)),
    );
  }
  for (const rule of Object.keys(SALE_RULES) as (keyof SaleRules)[]) {
    tellWithout(SALE_RULES[rule], [saleModel(sale, { ...ALL_SALE_RULES, [rule]: false })]);
  }
}

function tell<State>(name: string, model: Model<State>): void {
  const began = performance.now();
  const { states, steps, wrong } = explore(model);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const ends = wrong ? `**${wrong.what}** after: ${wrong.history.join("; ")}` : "none";
  console.log(`| ${name} | ${states.toLocaleString("en")} | ${steps.toLocaleString("en")} | ${seconds} | ${ends} |`);
  if (wrong) process.exitCode = 1;
}

function tellWithout<State>(rule: string, models: Model<State>[]): void {
  for (const model of models) {
    const { wrong } = explore(model);
    if (!wrong) continue;
    console.log(`| ${rule} | ${wrong.what} | ${wrong.history.join("; ")} |`);
    return;
  }
  console.log(`| ${rule} | **nothing** | |`);
  process.exitCode = 1;
}
