import type Stripe from "stripe";
import { BillingError } from "../errors/index.ts";
import { isForbidden, isRateLimit, isRefusal, read } from "../stripe/index.ts";

/** https://docs.stripe.com/search#search-query-language */
const MOST_CLAUSES = 10;

/**
 * The ids of the customers for which one of these clauses holds. Only the ids: Stripe's search may show an object as it was a minute
 * ago, and knows none that is younger than that.
 * @throws BillingError `account_being_read` when Stripe refuses to search: whoever pays already would otherwise be sold it again
 */
export async function searchCustomers(stripe: Stripe, clauses: string[]): Promise<string[]> {
  const queries = Array.from({ length: Math.ceil(clauses.length / MOST_CLAUSES) }, (_, n) =>
    clauses.slice(n * MOST_CLAUSES, (n + 1) * MOST_CLAUSES).join(" OR "),
  );
  try {
    return (await Promise.all(queries.map((query) => searchWhole(stripe, query)))).flat();
  } catch (error) {
    // In India Stripe has no search, a restricted key may not use it, and twenty a second are all that it answers.
    if (!isRefusal(error) && !isForbidden(error) && !isRateLimit(error)) throw error;
    throw new BillingError(
      "account_being_read",
      "Earlier purchases are still being looked through, and nothing was charged. Please try again in a few minutes.",
      "Stripe did not search for the payer's customers, and not all are mirrored yet: npx billing sync reads them",
    );
  }
}

async function searchWhole(stripe: Stripe, query: string): Promise<string[]> {
  const ids: string[] = [];
  let page: string | undefined;
  do {
    const found = await read<Stripe.ApiSearchResult<Stripe.Customer>>(stripe, "/v1/customers/search", {
      query,
      limit: 100,
      page,
    });
    ids.push(...found.data.map(({ id }) => id));
    page = found.has_more ? (found.next_page ?? undefined) : undefined;
  } while (page);
  return ids;
}

export const metadataClause = (key: string, value: string) => `metadata[${quote(key)}]:${quote(value)}`;
export const emailClause = (email: string) => `email:${quote(email)}`;

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}
