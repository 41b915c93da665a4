import type { LentStripe } from "./index.ts";

type Row = [table: string, id: string, row: { id?: string; created?: number; invoice_settings?: object }];

const DAY = 86_400;

/** What one may do to a Stripe account that no one can: give it a past. */
export function createPast({ apiBase, stripe }: LentStripe) {
  const headers = { authorization: "Bearer sk_test_emulator", "content-type": "application/json" };
  async function control<Answer>(path: string, body: unknown = {}, method = "POST"): Promise<Answer> {
    const sent = method === "GET" ? {} : { body: JSON.stringify(body) };
    const answer = await fetch(`${apiBase}/_emulator/${path}`, { method, headers, ...sent });
    if (!answer.ok) throw new Error(await answer.text());
    return (await answer.json()) as Answer;
  }

  return {
    /**
     * Spreads what there is over the years that were, in the order in which it was made, and takes away its events: Stripe lists
     * none that is older than 30 days.
     */
    async growOld({ years = 6 } = {}): Promise<void> {
      const rows = await control<Row[]>("snapshot");
      const kept = rows.filter(([table]) => table !== "events");
      const now = Math.floor(Date.now() / 1000);
      for (const [, same] of Map.groupBy(kept, ([table]) => table)) {
        for (const [place, [, , row]] of same.entries()) {
          const age = 40 * DAY + Math.floor(((same.length - place) / same.length) * years * 365 * DAY);
          if (row.created !== undefined) row.created = now - age;
        }
      }
      await control("restore", kept);
    },

    /** Changes objects of a table of the emulator's, and sends no event of it. */
    async alter(table: string, change: (row: Record<string, unknown>, place: number) => object): Promise<void> {
      const rows = await control<Row[]>("snapshot");
      const altered = rows.filter(([each]) => each === table);
      for (const [place, [, , row]] of altered.entries())
        Object.assign(row, change(row as Record<string, unknown>, place));
      await control("restore", rows);
    },

    /** Refuses what comes faster, in requests a second. */
    limit: (limits: { endpoint: number; account: number }) => control("limits", limits),
    /** What came since, to each endpoint in each second. */
    counts: async () => (await control<{ counts: { served: number; limited: number }[] }>("limits", {}, "GET")).counts,

    /** Customers who pay with this card. */
    customers: (count: number) =>
      inTens(count, () =>
        stripe.customers.create({
          payment_method: "pm_card_visa",
          invoice_settings: { default_payment_method: "pm_card_visa" },
        }),
      ),
    /** So many customers like this one, with the same past and no card. */
    async multiply(customer: string, count: number): Promise<void> {
      const rows = await control<Row[]>("snapshot");
      const like = rows.find(([table, id]) => table === "customers" && id === customer)?.[2];
      const more = Array.from({ length: count }, (_, n): Row => {
        const id = `cus_${String(n).padStart(14, "0")}`;
        return ["customers", id, { ...like, id, invoice_settings: {} }];
      });
      await control("restore", [...rows, ...more]);
    },
  };
}

async function inTens<Made>(count: number, make: () => Promise<Made>): Promise<Made[]> {
  const made: Made[] = [];
  while (made.length < count) {
    made.push(...(await Promise.all(Array.from({ length: Math.min(10, count - made.length) }, make))));
  }
  return made;
}
