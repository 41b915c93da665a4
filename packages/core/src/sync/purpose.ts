/** `sync` reads an account once, as fast as Stripe allows; `sweep` all the time, slowly. */
export type Purpose = "sync" | "sweep";
