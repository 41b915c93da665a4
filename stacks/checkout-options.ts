import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { environmentText } from "@turnpike/settings";
import { useProject } from "sst/project.js";
import { findNode } from "../scripts/node.mjs";

/**
 * How Checkout is opened, of `billing.config.ts`, for the functions that open it.
 * @throws Error which names the line that is wrong
 */
export function checkoutOptions(): { CHECKOUT_OPTIONS?: string } {
  const { root } = useProject().paths;
  if (!environmentText("BILLING_CONFIG") && !existsSync(join(root, "billing.config.ts"))) return {};
  const script = join(root, "scripts/checkout-options.ts");
  const { status, stdout, stderr } = spawnSync(findNode(root), [script], { encoding: "utf8" });
  if (status !== 0) throw new Error(stderr.trim());
  return stdout ? { CHECKOUT_OPTIONS: stdout.trim() } : {};
}

/** Whether pages of the site show Stripe's, by the same file. */
export function embedsCheckout({ CHECKOUT_OPTIONS = "{}" }: ReturnType<typeof checkoutOptions>): boolean {
  return JSON.parse(CHECKOUT_OPTIONS).page === "embedded";
}
