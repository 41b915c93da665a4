import { useCallback, useEffect, useRef, useState } from "react";
import { useOnRestored } from "./restored.ts";

/** supabase-js's client. Row-level security shows each user what is theirs. */
export interface Reader {
  from(table: string): {
    select(columns: string): {
      order(column: string, options: { ascending: boolean }): PromiseLike<{ data: unknown; error: unknown }>;
    };
  };
}

/** Some of a row's columns: add those of the table that you want. */
export interface SubscriptionRow {
  id: string;
  /** Stripe's: `active`, `trialing`, `past_due`, … */
  status: string;
  /** Whether it lets its owner in. */
  grants_access: boolean;
  product_id: string | null;
  price_id: string | null;
  quantity: number | null;
  current_period_end: string | null;
  trial_end: string | null;
  /** When it is over, where that is settled. */
  ends_at: string | null;
}

export interface PaymentRow {
  id: string | null;
  status: string | null;
  /** In the smallest unit of the currency. */
  amount: number | null;
  currency: string | null;
  description: string | null;
  created_at: string | null;
  /** The page on which it can be paid, and seen. */
  hosted_invoice_url: string | null;
  receipt_url: string | null;
}

export interface Rows<Row> {
  /** Newest first; absent until they are there. */
  rows: Row[] | undefined;
  /** The last reading failed. What was read before stays. */
  failed: boolean;
  reload: () => void;
}

/** The user's subscriptions, also those that are over. */
export const useSubscriptions = (supabase: Reader): Rows<SubscriptionRow> =>
  useRows(
    supabase,
    "user_subscriptions",
    "id, status, grants_access, product_id, price_id, quantity, current_period_end, trial_end, ends_at",
  );

/** The user's payments. */
export const usePayments = (supabase: Reader): Rows<PaymentRow> =>
  useRows(
    supabase,
    "payment_history",
    "id, status, amount, currency, description, created_at, hosted_invoice_url, receipt_url",
  );

/** Reads at once, and whenever somebody comes back to the page: from Stripe's, they may have bought something. */
function useRows<Row>(supabase: Reader, table: string, columns: string): Rows<Row> {
  const [rows, setRows] = useState<Row[]>();
  const [failed, setFailed] = useState(false);
  const latest = useRef(0);
  const reload = useCallback(() => {
    const turn = ++latest.current;
    const settle = (answer: { data: unknown; error: unknown }) => {
      if (turn !== latest.current) return; // an older answer that arrives late
      setFailed(Boolean(answer.error));
      if (!answer.error) setRows(answer.data as Row[]);
    };
    supabase
      .from(table)
      .select(columns)
      .order("created_at", { ascending: false })
      .then(settle, (error: unknown) => settle({ data: undefined, error }));
  }, [supabase, table, columns]);
  useOnRestored(reload);
  useEffect(() => {
    reload();
    window.addEventListener("focus", reload);
    return () => {
      latest.current++;
      window.removeEventListener("focus", reload);
    };
  }, [reload]);
  return { rows, failed, reload };
}
