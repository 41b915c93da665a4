import type { FaultKind } from "./faults.ts";

/** A run: all of it follows from this. */
export interface Plan {
  seed: string;
  /** The numbers of the histories that are lived, side by side. */
  histories: readonly number[];
  /** In how many turns. */
  turns: number;
  mostFaults: number;
  without: readonly FaultKind[];
  /** Absent, it follows from the seed. */
  climate?: string;
}

export const HISTORIES_IN_A_WORLD = 24;
const TURNS = 5;

const wholePlan = (seed: string): Plan => ({
  seed,
  histories: Array.from({ length: HISTORIES_IN_A_WORLD }, (_, number) => number),
  turns: TURNS,
  mostFaults: Number.POSITIVE_INFINITY,
  without: [],
});

/** One line, from which the run can be played again: `12` is all of it, `12:histories=3,5:turns=2:faults=7:without=cut` a part. */
export function formatPlan(plan: Plan): string {
  const whole = wholePlan(plan.seed);
  const parts = [plan.seed];
  if (plan.histories.length < whole.histories.length) parts.push(`histories=${plan.histories}`);
  if (plan.turns < whole.turns) parts.push(`turns=${plan.turns}`);
  if (plan.mostFaults !== whole.mostFaults) parts.push(`faults=${plan.mostFaults}`);
  if (plan.without.length > 0) parts.push(`without=${plan.without}`);
  if (plan.climate) parts.push(`climate=${plan.climate}`);
  return parts.join(":");
}

/** @throws when the line is none */
export function parsePlan(line: string): Plan {
  const [seed = "", ...parts] = line.replace(/^seed=/, "").split(":");
  const plan = wholePlan(seed);
  for (const part of parts) {
    const [name, value = ""] = part.split("=");
    if (name === "histories") plan.histories = value.split(",").map(Number);
    else if (name === "turns") plan.turns = Number(value);
    else if (name === "faults") plan.mostFaults = Number(value);
    else if (name === "climate") plan.climate = value;
    else if (name === "without") plan.without = value.split(",") as FaultKind[];
    else throw new Error(`A seed has no part ${part}: it is as in 12:histories=3,5:turns=2:faults=7:without=cut`);
  }
  return plan;
}

/** Makes a failing plan smaller for as long as it fails. */
export async function shrink(plan: Plan, fails: (plan: Plan) => Promise<boolean>): Promise<Plan> {
  let least = plan;
  const attempt = async (changes: Partial<Plan>): Promise<boolean> => {
    const smaller = { ...least, ...changes };
    if (!(await fails(smaller))) return false;
    least = smaller;
    return true;
  };
  for (const number of plan.histories) if (await attempt({ histories: [number] })) break;
  for (const number of [...least.histories])
    if (least.histories.length > 1) await attempt({ histories: least.histories.filter((other) => other !== number) });
  while (least.turns > 1 && (await attempt({ turns: least.turns - 1 })));
  if (await attempt({ mostFaults: 0 })) return least;
  let [low, high] = [0, 200];
  if (!(await attempt({ mostFaults: high }))) return least;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (await attempt({ mostFaults: middle })) high = middle;
    else low = middle;
  }
  return least;
}
