import { previewChange } from "@turnpike/core/plan-change";
import { type ChangePreview, PreviewChange } from "@turnpike/core/plan-change/schema";
import { getBilling } from "./billing.ts";
import { json, route } from "./route.ts";

/** `POST /api/subscriptions/preview-change`: what another plan or quantity would cost, to the cent. Nothing is changed. */
export const handler = route({ auth: "required", input: "json", schema: PreviewChange }, async ({ user, input }) => {
  return json<ChangePreview>(await previewChange(getBilling(), { user }, input));
});
