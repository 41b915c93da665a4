import { writeFile } from "node:fs/promises";
import { startTestSupabase } from "../packages/local/src/supabase/testing.ts";
import { databaseTypes } from "./database-types.ts";
import { nagPage } from "./nag-page.ts";
import { openApi } from "./openapi.ts";

/** Writes what derives from other sources: `npm run generate`. Tests hold each file and its source together. */
const supabase = await startTestSupabase();
try {
  await writeFile("packages/core/src/supabase/database.ts", await databaseTypes(supabase.query));
  await writeFile("docs/openapi.json", `${JSON.stringify(openApi(), null, 2)}\n`);
  await writeFile("docs/security/nag.md", nagPage());
} finally {
  await supabase.close();
}
