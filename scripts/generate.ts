import { spawnSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { startTestSupabase } from "@turnpike/local/testing";
import { readStacks } from "@turnpike/local/testing/stacks";
import {
  CONFORMANCE,
  conformancePage,
  README,
  readmeOf,
  readShown,
  readStripeApi,
  writeStripeApi,
} from "@turnpike/stripe-emulator/generation";
import { apiTypes, type Document } from "./api-types.ts";
import { databaseTypes } from "./database-types.ts";
import { migratedCatalog } from "./migrated-catalog.ts";
import { nagPage } from "./nag-page.ts";
import { openApi } from "./openapi.ts";
import { withSettingsTable } from "./settings-table.ts";

/** Writes what derives from other sources: `npm run generate`. Tests hold each file and its source together. */
const root = process.cwd();
const { system } = await readStacks(root, "node_modules/.cache/turnpike/openapi");
const supabase = await startTestSupabase();
try {
  await writeFile("packages/core/src/supabase/database.ts", await databaseTypes(supabase.query));
  await writeFile("packages/core/src/doctor/migrated.ts", await migratedCatalog(supabase.query));
  const document = await openApi(system, root);
  await writeFile("docs/openapi.json", `${JSON.stringify(document, null, 2)}\n`);
  await writeFile("packages/web/src/buttons/api.ts", apiTypes(document as Document));
  await writeFile("packages/stripe-emulator/src/api/stripe-api.json", writeStripeApi(readStripeApi()));
  await writeFile(CONFORMANCE, conformancePage());
  await writeFile("docs/security/nag.md", nagPage());
  await writeFile("README.md", withSettingsTable(await readFile("README.md", "utf8")));
} finally {
  await supabase.close();
}

console.log("> the emulator's tests, for what its README says is covered");
spawnSync("node_modules/.bin/vitest", ["run", "packages/stripe-emulator", "--reporter=dot"], { stdio: "inherit" });
const shown = readShown();
if (!shown) throw new Error("Not all of the emulator's tests ran: its README stays as it was.");
await writeFile(README, readmeOf(shown));
