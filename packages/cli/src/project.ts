import { resolve } from "node:path";

/** The project's folder, with `.env`, `billing.config.ts` and `supabase/`. */
export const PROJECT_ROOT: string = resolve(import.meta.dirname, "../../..");
