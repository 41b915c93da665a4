import { afterAll, beforeAll, vi } from "vitest";
import { captureOutput } from "./leaks.ts";
import { startTarget, type Target } from "./target.ts";
import { crossSite } from "./threats/cross-site.ts";
import { fuzz } from "./threats/fuzz.ts";
import { log } from "./threats/log.ts";
import { malformed } from "./threats/malformed.ts";
import { redirects } from "./threats/redirects.ts";
import { sessions } from "./threats/sessions.ts";
import { tampering } from "./threats/tampering.ts";
import { webhook } from "./threats/webhook.ts";

// One system for all of them: it takes longer to start than to attack.
let target: Target;
let output: string[];
beforeAll(async () => {
  output = captureOutput();
  target = await startTarget();
}, 120_000);
afterAll(async () => {
  await target?.world.close();
  vi.restoreAllMocks();
});

const ask = () => target;
redirects(ask);
crossSite(ask);
sessions(ask);
tampering(ask);
malformed(ask);
webhook(ask);
fuzz(ask);
log(ask, () => output);
