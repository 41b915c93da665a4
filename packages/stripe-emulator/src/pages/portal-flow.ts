import type { PortalSession } from "../resources/portal-sessions.ts";
import { notice, seeOther } from "./layout.ts";

/** Where the portal leads when its customer is done with something: to the flow's end, or back to the portal. */
export function completed({ flow, url }: PortalSession, message: string): Response | Promise<Response> {
  const after = flow?.after_completion;
  if (after?.type === "redirect" && after.redirect) return seeOther(after.redirect.return_url);
  if (after?.type === "hosted_confirmation")
    return notice("All done", after.hosted_confirmation?.custom_message ?? message, 200);
  return seeOther(flow ? homeOf(url) : url);
}

/** The portal's own page, also where the session opens with a flow. */
export const homeOf = (url: string): string => `${url}/home`;
