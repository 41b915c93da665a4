/** What AWS makes of requests, messages and settings, for tests that invoke a handler themselves. */
export { toEvent } from "../gateway/event.ts";
export { findRoute } from "../gateway/routes.ts";
export { functionEnvironment } from "../lambda/environment.ts";
export { type LocalQueue, type LocalSqs, startSqs } from "../queue/sqs.ts";
export { toSqsEvent } from "../queue/sqs-event.ts";
