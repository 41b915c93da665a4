import { afterAll, beforeAll } from "vitest";
import { startTarget, type Target } from "./target.ts";
import { redirects } from "./threats/redirects.ts";

// One system for all of them: it takes longer to start than to attack.
let target: Target;
beforeAll(async () => {
  target = await startTarget();
}, 120_000);
afterAll(() => target?.world.close());

const ask = () => target;
redirects(ask);
