import { UnnamedAccountError } from "../stripe/index.ts";
import { DatabaseError } from "../supabase/index.ts";
import * as database from "./database.ts";
import { eventDestination } from "./event-destination.ts";
import * as events from "./events.ts";
import { type Check, examined, type Finding, type Found, type Subject } from "./finding.ts";
import { site } from "./site.ts";
import * as stripe from "./stripe.ts";
import * as work from "./work.ts";

export type { Catalog } from "./catalog.ts";
export type { Finding, QueueDepth, State, Subject } from "./finding.ts";

/** All that is looked at, what others rest on first. */
const CHECKS: Check[] = [
  stripe.stripeKey,
  stripe.stripeMode,
  stripe.permissions,
  database.supabase,
  stripe.account,
  database.migrations,
  database.rowLevelSecurity,
  database.grants,
  database.schema,
  database.ownRows,
  stripe.clock,
  site,
  events.webhookEndpoint,
  eventDestination,
  events.events,
  events.deliveries,
  events.versions,
  events.failures,
  work.queue,
  work.deadLetters,
  work.reconciliation,
  work.notices,
  work.seats,
  work.completeness,
  work.owners,
  work.catalogue,
  stripe.portal,
  stripe.tax,
  stripe.customerEmails,
];

/** Looks at a system and says of each thing how it is, why that matters, and what mends it. It changes nothing. */
export async function examine(subject: Subject): Promise<Finding[]> {
  const shared = examined(subject);
  return Promise.all(
    CHECKS.map(async (check) => {
      const found = await check.look(shared).catch(unlooked);
      return findingOf(check.name, found);
    }),
  );
}

function findingOf(check: string, found: Found): Finding {
  if ("ok" in found) return { check, state: "ok", says: found.ok, details: [], why: null, mend: null };
  const { state = "wrong", says, details = [], why, mend, awaits } = found;
  return { check, state, says, details, why, mend, ...(awaits && { awaits }) };
}

/** What could not be asked is not known to be well. Another finding says why nobody answered. */
function unlooked(error: unknown): Found {
  const { code, type, statusCode } = error as { code?: string; type?: string; statusCode?: number };
  const isDatabase = error instanceof DatabaseError;
  if (isDatabase && error.code === "PGRST202") {
    return {
      says: "The database lacks the function that this is asked of",
      why: "Migrations of this version were never applied, or what they made was dropped.",
      mend: "npx supabase db push",
    };
  }
  if (isDatabase && (database.isMissingTable(error.code) || /^(42883|42703|42501)$/.test(error.code))) {
    return {
      state: "unknown",
      says: `The database could not say: ${error.message}`,
      why: "It was not looked at.",
      mend: "mend what is said of schema and grants first",
    };
  }
  const isStripe = type?.startsWith("Stripe") || error instanceof UnnamedAccountError;
  const who: Finding["awaits"] = isDatabase ? "Supabase" : isStripe ? "Stripe" : undefined;
  if (!who) throw error;
  return {
    state: "unknown",
    says: `${who} did not say (${code || type || statusCode || "no answer"})`,
    why: "It was not looked at.",
    mend: `mend what is said of ${who} first`,
    awaits: who,
  };
}
