import type Stripe from "stripe";
import { newId } from "./ids.ts";
import type { Store } from "./store.ts";
import type { Stored } from "./stored.ts";

type Account = Stored<Stripe.Account>;

const NO_REQUIREMENTS = {
  alternatives: [],
  current_deadline: null,
  currently_due: [],
  disabled_reason: null,
  errors: [],
  eventually_due: [],
  past_due: [],
  pending_verification: [],
};

/** Somebody else's, that nobody has filled in yet. */
export const newConnectedAccount = (asked: Pick<Account, "country" | "email" | "metadata">): Account => ({
  ...newAccount(),
  capabilities: {},
  charges_enabled: false,
  controller: {
    fees: { payer: "account" },
    is_controller: true,
    losses: { payments: "stripe" },
    requirement_collection: "stripe",
    stripe_dashboard: { type: "full" },
    type: "application",
  },
  details_submitted: false,
  future_requirements: NO_REQUIREMENTS,
  payouts_enabled: false,
  requirements: { ...NO_REQUIREMENTS, disabled_reason: "requirements.past_due" },
  tos_acceptance: { date: null, ip: null, user_agent: null },
  ...asked,
});

/** The account that all objects belong to: made once for a state, and kept with it. */
export function accountOf(store: Store): Account {
  const [account] = store.accounts.all();
  if (!account) return store.accounts.put(newAccount());
  // A state from before this was kept: its account is as old as the oldest that it has.
  return account.created === undefined ? store.accounts.put({ ...account, created: oldestOf(store) }) : account;
}

const oldestOf = (store: Store): number =>
  Math.min(Math.floor(Date.now() / 1000), ...store.customers.all().map(({ created }) => created));

const newAccount = (): Account => ({
  id: newId("acct", 16),
  object: "account",
  business_profile: {
    mcc: null,
    minority_owned_business_designation: null,
    name: "Test account",
    specified_commercial_transactions_act_url: null,
    support_address: null,
    support_email: null,
    support_phone: null,
    support_url: null,
    url: null,
  },
  business_type: null,
  capabilities: { card_payments: "active", sepa_debit_payments: "active", transfers: "active" },
  charges_enabled: true,
  country: "US",
  created: Math.floor(Date.now() / 1000),
  default_currency: "usd",
  details_submitted: true,
  email: null,
  metadata: {},
  payouts_enabled: true,
  settings: {
    branding: { icon: null, logo: null, primary_color: null, secondary_color: null },
    card_payments: {
      statement_descriptor_prefix: null,
      statement_descriptor_prefix_kana: null,
      statement_descriptor_prefix_kanji: null,
    },
    dashboard: { display_name: "Test account", timezone: "Etc/UTC" },
    payments: {
      statement_descriptor: "EMULATOR",
      statement_descriptor_kana: null,
      statement_descriptor_kanji: null,
      statement_descriptor_prefix_kana: null,
      statement_descriptor_prefix_kanji: null,
    },
  },
  type: "standard",
});
