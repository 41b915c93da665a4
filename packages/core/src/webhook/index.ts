export type { SentEvent } from "./assert-event.ts";
export { isUnreadable, openEnvelope } from "./open-envelope.ts";
export { isOfPinnedVersion } from "./pinned-version.ts";
export { toEnvelope, toIdEnvelope } from "./to-envelope.ts";
export { parseSecrets, verifyEvent } from "./verify.ts";
