import type { RedirectAnswer } from "@turnpike/core/checkout/schema";
import { openPortal } from "@turnpike/core/portal";
import { CreatePortal } from "@turnpike/core/portal/schema";
import { getBilling } from "./billing.ts";
import { json, route } from "./route.ts";

/** `POST /api/stripe/create-portal`: where customers manage themselves. */
export const handler = route({ auth: "required", input: "json", schema: CreatePortal }, async ({ user, input }) => {
  const url = await openPortal(getBilling(), user, input);
  return json<RedirectAnswer>({ url });
});
