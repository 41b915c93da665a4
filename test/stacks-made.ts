import { existsSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { MADE } from "./templates.ts";

// Before each test file of the stacks is loaded: what reads the templates finds both stages whole.
while (!existsSync(MADE)) await sleep(100);
const failure = readFileSync(MADE, "utf8");
if (failure) throw new Error(failure);
