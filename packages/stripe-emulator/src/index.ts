export { createStripeEmulator, type StripeEmulator, type StripeEmulatorOptions } from "./emulator.ts";
export type { WebhookEndpoint } from "./events/endpoints.ts";
export type { DeliveryRow } from "./state/rows.ts";
