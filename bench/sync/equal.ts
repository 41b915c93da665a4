import type { TestSupabase } from "@turnpike/local/testing";
import type { Account } from "./account.ts";

type Listed = Record<string, unknown> & { id: string };

/** Of each kind: where Stripe lists it, and what an object and its row must have in common, beside the id. */
const KINDS: {
  path: string;
  query?: Record<string, string>;
  table: string;
  columns: string[];
  values(object: Listed): unknown[];
}[] = [
  { path: "/v1/products", table: "public.products", columns: ["name"], values: ({ name }) => [name] },
  {
    path: "/v1/prices",
    table: "public.prices",
    columns: ["product_id", "unit_amount"],
    values: ({ product, unit_amount }) => [product, unit_amount],
  },
  { path: "/v1/customers", table: "public.customers", columns: ["email"], values: ({ email }) => [email] },
  {
    path: "/v1/subscriptions",
    query: { status: "all" },
    table: "public.user_subscriptions",
    columns: ["customer_id", "status", "latest_invoice_id"],
    values: ({ customer, status, latest_invoice }) => [customer, status, latest_invoice],
  },
  {
    path: "/v1/invoices",
    table: "billing.invoices",
    columns: ["customer_id", "status", "amount_paid", "number"],
    values: ({ customer, status, amount_paid, number }) => [customer, status, amount_paid, number],
  },
  {
    path: "/v1/invoice_payments",
    table: "billing.invoice_payments",
    columns: ["invoice_id", "status"],
    values: ({ invoice, status }) => [invoice, status],
  },
  {
    path: "/v1/payment_intents",
    table: "billing.payment_intents",
    columns: ["customer_id", "status", "amount_received"],
    values: ({ customer, status, amount_received }) => [customer, status, amount_received],
  },
  {
    path: "/v1/charges",
    table: "billing.charges",
    columns: ["payment_intent_id", "status", "amount_captured"],
    values: ({ payment_intent, status, amount_captured }) => [payment_intent, status, amount_captured],
  },
  {
    path: "/v1/payment_methods",
    table: "public.payment_methods",
    columns: ["customer_id", "type"],
    values: ({ customer, type }) => [customer, type],
  },
];

/** Throws unless the mirror has a row for each object of the account, with what Stripe says of it, and no other. */
export async function assertEqual({ stripe }: Account, supabase: TestSupabase): Promise<void> {
  for (const { path, query = {}, table, columns, values } of KINDS) {
    const rows = await supabase.query<{ id: string; row: unknown[] }>(
      `select id, jsonb_build_array(${columns.join(", ")}) as row from ${table}`,
    );
    const left = new Map(rows.map(({ id, row }) => [id, JSON.stringify(row)]));
    for (let after: string | undefined, more = true; more; ) {
      const page = new URLSearchParams({
        limit: "100",
        ...query,
        ...(after !== undefined && { starting_after: after }),
      });
      const { data, has_more } = (await stripe.rawRequest("GET", `${path}?${page}`)) as unknown as {
        data: Listed[];
        has_more: boolean;
      };
      for (const object of data) {
        const [row, wanted] = [left.get(object.id), JSON.stringify(values(object))];
        if (row !== wanted) throw new Error(`${table} says ${row} of ${object.id}, Stripe ${wanted}.`);
        left.delete(object.id);
      }
      after = data.at(-1)?.id;
      more = has_more;
    }
    const [tooMany] = left.keys();
    if (tooMany !== undefined) throw new Error(`${table} has ${tooMany}, and Stripe has not.`);
  }
}
