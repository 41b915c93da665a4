export { createStripeEmulator, type StripeEmulator, type StripeEmulatorOptions } from "./emulator.ts";
export type { WebhookEndpoint } from "./events/endpoints.ts";
export type { EventBridgeDestination, PartnerEvent } from "./events/partner-events.ts";
export { type RunningStripeEmulator, type ServeOptions, startStripeEmulator } from "./serve.ts";
export type { DeliveryRow } from "./state/rows.ts";
