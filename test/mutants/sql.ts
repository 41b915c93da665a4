/** A guarantee of the database's that is taken away, by one edit of the migrations' text. */
export interface SqlMutant {
  /** What does not hold any more. */
  name: string;
  find: string;
  replace: string;
  /** The test files of which at least one must fail. */
  tests: readonly string[];
}

const OWNERSHIP = ["test/core/ownership.test.ts"];
const ACCESS = ["test/core/access.test.ts"];

export const SQL_MUTANTS: readonly SqlMutant[] = [
  {
    name: "a customer that another user owns goes to whoever confirms the e-mail",
    find: "    and customer.id = session.customer_id\n    and customer.user_id is null;",
    replace: "    and customer.id = session.customer_id;",
    tests: OWNERSHIP,
  },
  {
    name: "a user's own session counts as a guest's",
    find: "  where session.user_id is null\n    and session.status",
    replace: "  where session.status",
    tests: OWNERSHIP,
  },
  {
    name: "an open session counts as a purchase",
    find: "    and session.status = 'complete'\n",
    replace: "",
    tests: OWNERSHIP,
  },
  {
    name: "unpaid gives access",
    find: "and status in ('trialing', 'active', 'past_due')",
    replace: "and status in ('trialing', 'active', 'past_due', 'unpaid')",
    tests: ACCESS,
  },
  {
    name: "past_due gives no access",
    find: "and status in ('trialing', 'active', 'past_due')",
    replace: "and status in ('trialing', 'active')",
    tests: ACCESS,
  },
  {
    name: "a deleted subscription gives access",
    find: "and status in ('trialing', 'active', 'past_due')\n      and not deleted",
    replace: "and status in ('trialing', 'active', 'past_due')",
    tests: ACCESS,
  },
  {
    name: "broken",
    find: "and status in ('trialing', 'active', 'past_due')\n      and not deleted",
    replace: "and status in ('trialing', 'active', 'past_due'",
    tests: ACCESS,
  },
];
