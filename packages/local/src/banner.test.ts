import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { banner } from "./banner.ts";
import { readSettings } from "./settings/settings.ts";

it("a live key is warned of, by its setting's name, and not shown; a test key is not", () => {
  const dataDir = mkdtempSync(join(tmpdir(), "turnpike-banner-"));
  onTestFinished(() => rmSync(dataDir, { recursive: true }));
  const shown = (STRIPE_SECRET_KEY: string) =>
    banner(
      { url: "http://localhost:3000", dataDir, settings: readSettings({ STRIPE_SECRET_KEY }, dataDir, 3000) },
      "1",
    );
  for (const key of ["sk_live_canary", "rk_live_canary"]) {
    expect(shown(key)).toContain("STRIPE_SECRET_KEY is a live key");
    expect(shown(key)).not.toContain("canary");
  }
  expect(shown("rk_test_1")).not.toContain("live key");
});
