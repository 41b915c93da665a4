import { readFileSync } from "node:fs";

/** The user who subscribes, and the one who does not. */
export const SUBSCRIBER = "00000000-0000-4000-8000-000000000007";
export const STRANGER = "00000000-0000-4000-8000-00000000dead";

/** The documented table with its policy, a million subscriptions and as many articles. */
export const MILLION_ROWS = [
  ...(/```sql\n(.+?)```/s.exec(readFileSync(new URL("../docs/access.md", import.meta.url), "utf8"))?.[1] ?? "")
    .split(/;\n/)
    .filter((sql) => sql.trim()),
  `insert into auth.users (id, email, email_confirmed_at)
   select ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'user-' || n || '@example.com', null
   from generate_series(1, 20000) n`,
  `insert into public.customers (id, user_id, owned_by)
   select 'cus_' || n, case when n <= 20000 then ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid end, 'metadata'
   from generate_series(1, 100000) n`,
  // They have been there for long: what watches subscriptions that start would take an hour.
  "alter table public.user_subscriptions disable trigger user",
  `insert into public.user_subscriptions
     (id, customer_id, status, items, currency, cancel_at_period_end, paused, metadata, created_at)
   select 'sub_' || n, 'cus_' || n, 'active', '[]', 'usd', false, false, '{}', now() from generate_series(1, 1000000) n`,
  "alter table public.user_subscriptions enable trigger user",
  "insert into public.entitlements (id, customer_id, lookup_keys) select 'cus_' || n, 'cus_' || n, '{exports}' from generate_series(1, 100000) n",
  "insert into public.articles select n, n % 2 = 0, 'An article' from generate_series(1, 1000000) n",
  "analyze",
];

/** What a product's statements look like. */
export const STATEMENTS = {
  "has_active_subscription()": "select has_active_subscription()",
  "has_feature('exports')": "select has_feature('exports')",
  "a premium article": "select title from public.articles where id = 500000",
  "a page of articles": "select id, title from public.articles where id > 700000 order by id limit 20",
  "own subscriptions": "select id, status from public.user_subscriptions",
};
