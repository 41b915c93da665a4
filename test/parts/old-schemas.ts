import { inTable, type Source } from "@turnpike/core/owners";
import type { LentSupabase } from "./index.ts";

/** A user, or an organisation that this user manages. */
export interface OldPayer {
  userId: string;
  email: string;
  organizationId?: string | undefined;
}

/** A product that has sold with something else, as it is when it comes to us: its tables have moved out of `public`. */
export interface OldSchema {
  /** What it has, and what its move adds to it. */
  tables: string[];
  userKeys: string[];
  organizationKeys: string[];
  hasOrganizations: boolean;
  /** What it wrote into a Stripe customer. */
  customerOf(payer: OldPayer): { email?: string; metadata: Record<string, string> };
  /** What it remembers of that customer. */
  remember(supabase: LentSupabase, payer: OldPayer, customerId: string): Promise<unknown>;
  /** Where it says whose a customer is. */
  source: Source;
}

/** Next.js and Supabase: the user's id is in the customer's metadata, and a table of its own says the same. */
const subscriptionTemplate: OldSchema = {
  tables: [
    `create table old.users (id uuid primary key references auth.users, full_name text, billing_address jsonb)`,
    `create table old.customers (id uuid primary key references auth.users, stripe_customer_id text)`,
  ],
  userKeys: ["supabaseUUID"],
  organizationKeys: [],
  hasOrganizations: false,
  customerOf: ({ userId }) => ({ email: "billing@example.com", metadata: { supabaseUUID: userId } }),
  async remember(supabase, { userId }, customerId) {
    await supabase.query("insert into old.users (id) values ($1)", [userId]);
    await supabase.query("insert into old.customers values ($1, $2)", [userId, customerId]);
  },
  source: inTable({ table: "old.customers", customerColumn: "stripe_customer_id", userColumn: "id" }),
};

/** Accounts pay: a user's own has the user's id, a team's is an organisation. A view tells them apart. */
const accounts: OldSchema = {
  tables: [
    `create table old.accounts (id uuid primary key, is_personal_account boolean not null, primary_owner_user_id uuid not null)`,
    `create table old.billing_customers (
      id serial primary key, account_id uuid not null references old.accounts, provider text not null, customer_id text not null
    )`,
    `create view old.owners with (security_invoker = true) as
    select customer.customer_id,
      case when account.is_personal_account then account.id end as user_id,
      case when not account.is_personal_account then account.id end as organization_id
    from old.billing_customers customer join old.accounts account on account.id = customer.account_id
    where customer.provider = 'stripe'`,
  ],
  userKeys: [],
  organizationKeys: [],
  hasOrganizations: true,
  customerOf: () => ({ email: "accounting@example.com", metadata: {} }),
  async remember(supabase, { userId, organizationId }, customerId) {
    const account = organizationId ?? userId;
    await supabase.query("insert into old.accounts values ($1, $2, $3)", [account, !organizationId, userId]);
    await supabase.query(
      "insert into old.billing_customers (account_id, provider, customer_id) values ($1, 'stripe', $2)",
      [account, customerId],
    );
  },
  source: inTable({
    table: "old.owners",
    customerColumn: "customer_id",
    userColumn: "user_id",
    organizationColumn: "organization_id",
  }),
};

/** Users have ids of its own, which are no UUIDs: they are found in auth.users by the address that both have confirmed. */
const textIds: OldSchema = {
  tables: [
    `create table old."user" (id text primary key, email text not null unique, "emailVerified" boolean not null, "stripeCustomerId" text)`,
    `create view old.owners as
    select old_user."stripeCustomerId" as customer_id, users.id as user_id
    from old."user" old_user
    join auth.users users on lower(users.email) = lower(old_user.email) and users.email_confirmed_at is not null
    where old_user."emailVerified"`,
  ],
  userKeys: ["userId"],
  organizationKeys: [],
  hasOrganizations: false,
  customerOf: ({ email }) => ({ email: "billing@example.com", metadata: { userId: `old_${email}` } }),
  remember: (supabase, { email }, customerId) =>
    supabase.query(`insert into old."user" values ('old_' || $1, $1, true, $2)`, [email, customerId]),
  source: inTable({ table: "old.owners", customerColumn: "customer_id", userColumn: "user_id" }),
};

/** A column on the users; the customer has their address, as it was when they first paid. */
const columnOnUsers: OldSchema = {
  tables: [
    `create table old.users (
      id uuid primary key references auth.users, email text, stripe_id text, pm_type text, pm_last_four text, trial_ends_at timestamptz
    )`,
    `create index users_stripe_id on old.users (stripe_id)`,
  ],
  userKeys: [],
  organizationKeys: [],
  hasOrganizations: false,
  customerOf: ({ email }) => ({ email: `before-${email}`, metadata: {} }),
  remember: (supabase, { userId, email }, customerId) =>
    supabase.query("insert into old.users values ($1, $2, $3, 'visa', '4242')", [userId, email, customerId]),
  source: inTable({ table: "old.users", customerColumn: "stripe_id", userColumn: "id" }),
};

export const oldSchemas: Record<string, OldSchema> = {
  "the subscription template's, with supabaseUUID in metadata": subscriptionTemplate,
  "accounts of users and of teams": accounts,
  "users with text ids": textIds,
  "a column on the users": columnOnUsers,
};
