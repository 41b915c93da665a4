import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";
import { sst } from "./sst.ts";

// https://docs.sst.dev/anonymous-telemetry: on unless it is switched off, and it holds the command as it was typed.
it("SST tells nobody of a command and of what stands in it, though its telemetry is on", async () => {
  const recorded = join(mkdtempSync(join(tmpdir(), "telemetry-")), "sent");
  writeFileSync(recorded, "");
  const on = {
    SST_TELEMETRY_DISABLED: "",
    RECORDED_IN: recorded,
    NODE_OPTIONS: `--require=${resolve("test/record-https.cjs")}`,
  };
  const ended = sst(["secrets", "set", "STRIPE_SECRET_KEY", "sk_live_CANARY", "--stage", "prod"], on);
  await ended.catch(() => {}); // there is nothing to set it in; with telemetry on, SST exits 0 all the same
  expect(readFileSync(recorded, "utf8")).toBe("");
});
