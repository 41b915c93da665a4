import { createStripe } from "@turnpike/core/stripe";
import { createServiceClient } from "@turnpike/core/supabase";
import { beginReading, workReading } from "@turnpike/core/sync";

/** A process that reads the account to its end, or until it is killed: what `billing sync` does. */
const [stripeUrl = "", secretKey = "", supabaseUrl = "", supabaseKey = "", perEndpoint, perSecond] =
  process.argv.slice(2);
const clients = {
  stripe: createStripe({ secretKey, apiBase: stripeUrl }),
  supabase: createServiceClient({ url: supabaseUrl, secretKey: supabaseKey }),
};
const limits = { perSecond: Number(perSecond), perEndpoint: Number(perEndpoint) };
process.send?.("begun");
await beginReading(clients, { purpose: "sync", requestedBy: "npm run bench:sync" });
const { state, failed, errors } = await workReading(clients, { purpose: "sync", ...limits });
process.send?.({ megabytes: process.resourceUsage().maxRSS / 1000 });
for (const error of errors) console.error(error);
if (state !== "done" || failed > 0) {
  console.error(`The reading ended as "${state}", and the mirror could not take ${failed} objects.`);
  process.exitCode = 1;
}
process.disconnect?.();
