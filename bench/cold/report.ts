import { cpus } from "node:os";
import { table } from "../table.ts";
import type { Times } from "./measure.ts";

/** The name of the function that does nothing. */
export const FLOOR = "bare";

/** How much longer than the floor a start may take, and a start with its first call. */
const TARGETS: Record<string, { init: number; firstCall: number }> = {
  "receive-stripe-event": { init: 1.4, firstCall: 2 },
  "apply-stripe-events": { init: 1.5, firstCall: 2 },
  "create-checkout-session": { init: 1.9, firstCall: 2.5 },
  "create-checkout": { init: 1.9, firstCall: 2.5 },
  "create-portal": { init: 1.9, firstCall: 2.5 },
};

export interface Result {
  name: string;
  bytes: number;
  times: Times;
}

export function isMet(bare: Times, { name, times }: Result): boolean {
  const target = TARGETS[name];
  return !target || (times.init / bare.init <= target.init && times.firstCall / bare.firstCall <= target.firstCall);
}

export function tableOf(bare: Times, results: Result[]): string {
  const head = [
    "function",
    "KB",
    "init, ms",
    "init, ×",
    "with the first call, ms",
    "with the first call, ×",
    "warm, ms",
    "target",
  ];
  const rows = results.map((result) => {
    const { name, bytes, times } = result;
    const target = TARGETS[name];
    const verdict = target && `${target.init}× and ${target.firstCall}×: ${isMet(bare, result) ? "met" : "missed"}`;
    return [
      name,
      (bytes / 1000).toFixed(0),
      times.init.toFixed(1),
      (times.init / bare.init).toFixed(2),
      times.firstCall.toFixed(1),
      (times.firstCall / bare.firstCall).toFixed(2),
      times.warm.toFixed(1),
      verdict ?? "",
    ];
  });
  const floor = [FLOOR, "0", bare.init.toFixed(1), "1", bare.firstCall.toFixed(1), "1", bare.warm.toFixed(1), ""];
  return table(head, [floor, ...rows]);
}

/** The page of the documentation. */
export function pageOf(bare: Times, results: Result[], rounds: number): string {
  const today = new Date().toISOString().slice(0, 10);
  return `# Cold starts

Written by \`npm run bench:cold\` on ${today}; run it to have your own machine's numbers. Trust the ratios: the milliseconds are
those of one machine on one day. What they are owed to: [decision 8](decisions/0008-bundles-made-for-cold-starts.md).

${tableOf(bare, results)}

## What was measured

- **Each function** as SST builds it for a deploy, within AWS's runtime interface client (\`aws-lambda-ric\` 4.0.2), Node.js
  ${process.versions.node}, ${cpus().length} ${process.arch} cores.
- **init**: from the start of the process to its asking for the first event. **With the first call**: to the answer of that event.
  **warm**: a later call alone. **×**: how many times what \`${FLOOR}\` takes, a handler that does nothing.
- **The calls** are real ones: signed events, batches of ten, access tokens. The function reads its secrets from SSM and asks SQS,
  Supabase and Stripe, which are stand-ins on the same machine that answer at once, without TLS.
- **Each number** is the median of ${rounds} starts, in which the functions took turns.
`;
}
