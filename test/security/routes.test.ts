import { afterAll, beforeAll } from "vitest";
import { startTarget, type Target } from "./target.ts";
import { crossSite } from "./threats/cross-site.ts";
import { malformed } from "./threats/malformed.ts";
import { redirects } from "./threats/redirects.ts";
import { sessions } from "./threats/sessions.ts";
import { tampering } from "./threats/tampering.ts";
import { webhook } from "./threats/webhook.ts";

// One system for all of them: it takes longer to start than to attack.
let target: Target;
beforeAll(async () => {
  target = await startTarget();
}, 120_000);
afterAll(() => target?.world.close());

const ask = () => target;
redirects(ask);
crossSite(ask);
sessions(ask);
tampering(ask);
malformed(ask);
webhook(ask);
