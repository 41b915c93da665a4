import { createStripe, getAccountId } from "@turnpike/core/stripe";
import { createServiceClient, DatabaseError, dataOf } from "@turnpike/core/supabase";
import type { StripeEmulator } from "@turnpike/stripe-emulator";
import type { Settings } from "./settings/settings.ts";
import type { EmbeddedSupabase } from "./supabase/index.ts";
import { UserError } from "./user-error.ts";

/** Who is asked. What is embedded is asked directly: nothing is served before all is checked. */
export interface Asked {
  settings: Settings;
  /** Absent when Stripe itself, or another server, is used. */
  emulator: Pick<StripeEmulator, "fetch"> | undefined;
  /** Absent when a hosted project is used. */
  embedded: Pick<EmbeddedSupabase, "query"> | undefined;
}

/** Postgres' function is not there: https://docs.postgrest.org/en/stable/references/errors.html#group-2-schema-cache */
const NO_FUNCTION = "PGRST202";

/** The account and mode that Stripe's key is of, as in `acct_1 in test mode`. @throws UserError when Stripe refuses the key */
export async function findStripeAccount({ settings: { stripe }, emulator }: Asked): Promise<string> {
  const client = createStripe(stripe);
  try {
    const id = emulator
      ? await askEmulator(emulator, stripe.secretKey)
      : await getAccountId(client, { timeout: 5_000, maxNetworkRetries: 0 });
    return accountIn(id, client.livemode);
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 401) throw error;
    throw new UserError(
      "Stripe refuses STRIPE_SECRET_KEY. Copy a secret key of your account's into .env, sk_test_… or rk_test_….",
    );
  }
}

async function askEmulator(emulator: Pick<StripeEmulator, "fetch">, secretKey: string): Promise<string> {
  const headers = { authorization: `Bearer ${secretKey}` };
  const answer = await emulator.fetch(new Request("http://localhost/v1/account", { headers }));
  if (!answer.ok) throw Object.assign(new Error("The emulator refuses the key"), { statusCode: answer.status });
  const { id } = (await answer.json()) as { id: string };
  return id;
}

/** The account and mode that Supabase mirrors, if there is one yet. @throws UserError when the project cannot be used as it is */
export async function findMirroredAccount({ settings, embedded }: Asked): Promise<string | undefined> {
  const [account] = embedded
    ? await embedded.query<{ id: string; livemode: boolean }>("select id, livemode from billing.stripe_account")
    : await askProject(settings.supabase);
  return account && accountIn(account.id, account.livemode);
}

async function askProject(project: Settings["supabase"]) {
  try {
    return dataOf(await createServiceClient(project).rpc("get_stripe_account"));
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    if (error.statusCode === 401 || error.statusCode === 403) {
      throw new UserError(
        `${project.url} refuses SUPABASE_SECRET_KEY. Copy it from that project's settings, "API keys".`,
      );
    }
    if (error.code === NO_FUNCTION) {
      throw new UserError(`${project.url} lacks Turnpike's tables. Run: npx supabase db push`);
    }
    throw error;
  }
}

const accountIn = (id: string, livemode: boolean) => `${id} in ${livemode ? "live" : "test"} mode`;
