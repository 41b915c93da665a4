export { createStripeEmulator, type StripeEmulator, type StripeEmulatorOptions } from "./emulator.ts";
export type { DeliveryRow } from "./state/rows.ts";
export type { WebhookEndpoint } from "./world.ts";
