import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { type Asked, findMirroredAccount, findStripeAccount } from "./accounts.ts";
import type { Log } from "./log.ts";
import { UserError } from "./user-error.ts";

const FILE = "made-with.json";

/** What a data folder was made with: what is kept there is about that account's objects and those users. */
interface MadeWith {
  stripe?: string;
  /** The project's address, or `embedded`. */
  supabase?: string;
}

/**
 * Sees to it that a data folder meets one Stripe account and one Supabase only, and that a hosted Supabase meets the account that it
 * mirrors: no customer, row or message says where it came from, so what is mixed could not be told apart again. A service that does
 * not answer cannot be checked: the log says so.
 * @throws UserError which says what to do; also when a key is refused, or the project lacks the migrations
 */
export async function assertMadeWith(dataDir: string, asked: Asked, log: Log): Promise<void> {
  const { stripe: stripeSettings, supabase: supabaseSettings } = asked.settings;
  const supabase = supabaseSettings.embedded ? "embedded" : supabaseSettings.url;
  const kept = readMadeWith(dataDir);
  if (kept.supabase && kept.supabase !== supabase) {
    throw otherFolder(dataDir, describe(kept.supabase), describe(supabase));
  }
  const stripe = await unlessSilent("Stripe", findStripeAccount(asked), log);
  const mirrored = await unlessSilent("Supabase", findMirroredAccount(asked), log);
  const owner = stripeSettings.emulated ? "the emulator's" : "STRIPE_SECRET_KEY's";
  const first = kept.stripe ?? (supabaseSettings.embedded ? mirrored : undefined);
  if (stripe && first && first !== stripe) {
    throw otherFolder(dataDir, `the Stripe account ${first}`, `${owner}, ${stripe}`);
  }
  if (stripe && mirrored && mirrored !== stripe) {
    throw new UserError(
      `${supabaseSettings.url} mirrors the Stripe account ${mirrored}, and not ${owner}, ${stripe}. ` +
        "Set STRIPE_SECRET_KEY to a key of that account, or SUPABASE_URL and its keys to another project.",
    );
  }
  writeFileSync(join(dataDir, FILE), `${JSON.stringify({ ...kept, ...(stripe && { stripe }), supabase }, null, 2)}\n`);
}

function readMadeWith(dataDir: string): MadeWith {
  const file = join(dataDir, FILE);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
}

function otherFolder(dataDir: string, then: string, now: string): UserError {
  return new UserError(
    `The data in ${relative(process.cwd(), dataDir) || "."} was made with ${then}, and not with ${now}. ` +
      "Begin without it: npm start -- --fresh. Or keep it, and use another folder: TURNPIKE_DATA_DIR=.turnpike-2 npm start",
  );
}

function describe(supabase: string): string {
  return supabase === "embedded" ? "the embedded Supabase" : supabase;
}

async function unlessSilent<Answer>(name: string, answer: Promise<Answer>, log: Log): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { detail, statusCode } = error as { detail?: { code?: string }; statusCode?: number };
    const why = statusCode || detail?.code || "no connection";
    log("start", `${name} does not answer (${why}): whether the data is of its account was not checked`);
    return undefined;
  }
}
