import { enabledEvents } from "@turnpike/core/mirror";

/** Prints the events that Stripe's webhook endpoint must be sent: `npm run --silent events`. */
console.log([...enabledEvents].sort().join("\n"));
