export type { QueueDepth } from "./queue/sqs.ts";
export { type Local, type LocalOptions, startLocal } from "./start.ts";
export { UserError } from "./user-error.ts";
