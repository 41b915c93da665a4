import type { Check } from "./finding.ts";

export const site: Check = {
  name: "site",
  async look({ askSite }) {
    if (!askSite) {
      return {
        state: "unknown",
        says: "SITE_URL is not set",
        why: "Whether the API answers was not looked at.",
        mend: "set SITE_URL where the keys are set",
      };
    }
    const answer = await askSite();
    if ("failure" in answer) {
      return {
        says: `Its API does not answer (${answer.failure})`,
        why: "Nobody can buy, and Stripe's events are not received.",
        mend: "is SITE_URL what customers use, and the stage deployed? npx sst deploy",
      };
    }
    const { status, build } = (answer.body ?? {}) as { status?: string; build?: string };
    if (answer.status === 200 && status === "ok") return { ok: `its API answers${build ? `, build ${build}` : ""}` };
    return {
      says: `Its API answers ${answer.status}${status ? `, "${status}"` : ""}`,
      details:
        typeof answer.body === "object"
          ? [JSON.stringify(answer.body)]
          : ["and no health: is this the site's address?"],
      why: "The functions cannot do their work, whatever the keys here can.",
      mend: "see ApiFailing in docs/runbook.md",
    };
  },
};
