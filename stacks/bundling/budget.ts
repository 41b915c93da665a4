import { basename } from "node:path";
import type { Plugin } from "./esbuild.ts";

/**
 * How large each function's bundle may be, in KB (1000 bytes), minified. What a function loads is most of its cold start:
 * docs/decisions/0008-bundles-made-for-cold-starts.md.
 */
const BUDGETS: Record<string, number> = {
  "receive-stripe-event": 60,
  "apply-stripe-events": 163,
  reconcile: 154,
  "read-account": 168,
  "relay-notices": 178,
  "watch-edge": 12,
  health: 154,
  "create-checkout-session": 250,
  "create-checkout": 250,
  "create-portal": 250,
  "get-checkout-session": 250,
  "preview-change": 250,
  "change-plan": 254,
  "cancel-subscription": 250,
  "resume-subscription": 250,
  "next-payment": 250,
};

const LARGEST_INPUTS = 8;

/** Fails the build of a function that is larger than its budget, or has none. */
export const budget: Plugin = {
  name: "budget",
  setup(build) {
    build.initialOptions.metafile = true;
    build.onEnd(({ metafile }) => ({
      errors: Object.values(metafile?.outputs ?? {}).flatMap((output) => {
        const text = output.entryPoint && complaint(basename(output.entryPoint, ".ts"), output);
        return text ? [{ text }] : [];
      }),
    }));
  },
};

interface Output {
  bytes: number;
  inputs: Record<string, { bytesInOutput: number }>;
}

function complaint(name: string, { bytes, inputs }: Output): string | undefined {
  const limit = BUDGETS[name];
  if (limit === undefined) return `The function ${name} has no budget: give it one in stacks/bundling/budget.ts.`;
  if (bytes <= limit * 1000) return undefined;
  const largest = Object.entries(inputs).sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput);
  const lines = largest
    .slice(0, LARGEST_INPUTS)
    .map(([file, { bytesInOutput }]) => `  ${kilobytes(bytesInOutput).padStart(6)} KB  ${file}`);
  return [
    `The function ${name} is ${kilobytes(bytes)} KB, over its budget of ${limit} KB. Its largest inputs:`,
    ...lines,
  ].join("\n");
}

function kilobytes(bytes: number): string {
  return (bytes / 1000).toFixed(1);
}
