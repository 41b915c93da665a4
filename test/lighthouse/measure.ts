import { join } from "node:path";
import { pathToFileURL } from "node:url";

export const CATEGORIES = ["performance", "accessibility", "best-practices", "seo"] as const;
export const DEVICES = ["mobile", "desktop"] as const;
export type Category = (typeof CATEGORIES)[number];
export type Device = (typeof DEVICES)[number];

/** What Lighthouse says of a page: of 100 in each category, and which audits took something of it. */
export interface Verdict {
  scores: Record<Category, number>;
  findings: string[];
  version: string;
}

interface Report {
  lighthouseVersion: string;
  categories: Record<Category, { score: number; auditRefs: { id: string; weight: number }[] }>;
  audits: Record<string, { score: number | null; displayValue?: string }>;
  runtimeError?: { message: string };
}

const installed = (path: string) =>
  import(pathToFileURL(join(import.meta.dirname, "node_modules/lighthouse/core", path)).href);

/** Looks at a page once, in the browser that listens at this port. */
export async function measure(url: string, device: Device, port: number): Promise<Verdict> {
  const { default: lighthouse } = await installed("index.js");
  const { default: desktop } = await installed("config/desktop-config.js");
  // The session is in a cookie, and Lighthouse would begin with an empty browser.
  const flags = { port, output: "json", logLevel: "error", onlyCategories: CATEGORIES, disableStorageReset: true };
  const { lhr } = (await lighthouse(url, flags, device === "desktop" ? desktop : undefined)) as { lhr: Report };
  if (lhr.runtimeError) throw new Error(`${url}: ${lhr.runtimeError.message}`);
  const lost = CATEGORIES.flatMap((name) => lhr.categories[name].auditRefs)
    .filter(({ id, weight }) => weight > 0 && (lhr.audits[id]?.score ?? 1) < 0.995)
    .map(({ id }) => `${id} ${lhr.audits[id]?.displayValue ?? ""}`.trim());
  const scores = Object.fromEntries(
    CATEGORIES.map((name) => [name, Math.round(lhr.categories[name].score * 100)]),
  ) as Record<Category, number>;
  return { scores, findings: lost, version: lhr.lighthouseVersion };
}
