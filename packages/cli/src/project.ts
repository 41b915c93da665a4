import { readFileSync } from "node:fs";
import { resolve } from "node:path";

/** The project's folder, with `.env`, `billing.config.ts` and `supabase/`. */
export const PROJECT_ROOT: string = resolve(import.meta.dirname, "../../..");

/** Of Turnpike: what CHANGELOG.md tells of. */
export function readVersion(): string {
  return JSON.parse(readFileSync(resolve(PROJECT_ROOT, "package.json"), "utf8")).version;
}
