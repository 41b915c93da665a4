import { objects, type Page, showPage, writePage } from "@turnpike/core/mirror";
import type Stripe from "stripe";
import { beforeEach, describe, expect, it } from "vitest";
import { product } from "../builders.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { standBeforeSupabase } from "../parts/proxy.ts";

let supabase: LentSupabase;
let lent: LentStripe;
beforeEach(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
});

const AS_OF = "2026-11-01T00:00:00.000Z";
const show = (sources: unknown[]): Page => showPage("product", sources as Stripe.Product[], AS_OF);
const shown = ({ changes }: Page) => changes.map(({ object_id }) => object_id);

describe("of a page of Stripe's list", () => {
  it("what cannot be read or stored is named with the field, and the rest is shown as of the answer", () => {
    const [good, ...bad] = [
      product(),
      product({ id: "prod_moment", created: "yesterday" as never }),
      product({ id: "prod_\0" }),
    ];
    const page = show([...bad, good]);
    expect(page.changes).toEqual([{ ...objects.product.project(good as never), fetched: true, as_of: AS_OF }]);
    expect(page.failures).toEqual([
      { id: "prod_moment", reason: "product.created: a moment is not a number of seconds: string" },
      { id: "prod_\0", reason: "product.id: it holds what Postgres cannot store" },
    ]);
  });

  it("what has no id, or is nothing at all, is counted too", () => {
    const page = show([product({ id: undefined as never }), null]);
    expect(page).toEqual({
      changes: [],
      failures: [
        { id: "unknown", reason: "product.id: the product has no id" },
        { id: "unknown", reason: "product: there is no object" },
      ],
    });
  });
});

describe("of a page that is written", () => {
  /** Those named Refused are what Postgres does not take. Asked more often than there is reason to, it answers no more. */
  async function write(names: string[]) {
    const { client, requests } = await standIn();
    await writePage({ stripe: lent.stripe, supabase: client }, show([product()]).changes); // the account is known by then
    requests.length = 0;
    const products = names.map((name) => product({ name }));
    const page = show(products.map((each) => (each.name === "Refused" ? { ...each, active: "perhaps" } : each)));
    const failures = await writePage({ stripe: lent.stripe, supabase: client }, page.changes);
    const written = await supabase.query<{ id: string }>("select id from public.products where id = any ($1)", [
      shown(page),
    ]);
    return { failures, asked: requests.length, written: written.map(({ id }) => id), products };
  }
  async function standIn() {
    const { supabase: client, requests } = await standBeforeSupabase(supabase, (_, response) => {
      if (requests.length > 30) response.writeHead(400).end("{}");
    });
    return { client, requests };
  }
  const REASON = "product.active: Postgres refused it (22P02)";

  it.each([
    [["Refused"], 2],
    [["Refused", "Pro"], 5],
    [["Pro", "Refused", "Pro"], 8],
    [["Refused", "Pro", "Pro", "Refused", "Pro"], 15],
  ])("%j, what Postgres refuses is named, and the rest is written, in at most %i calls", async (names, most) => {
    const { failures, asked, written, products } = await write(names);
    const idsOf = (wanted: boolean) =>
      products.filter(({ name }) => (name === "Refused") === wanted).map(({ id }) => id);
    expect(failures).toEqual(idsOf(true).map((id) => ({ id, reason: REASON })));
    expect(written.sort()).toEqual(idsOf(false).sort());
    expect(asked).toBeLessThanOrEqual(most);
  });

  it("and is good, nothing is named, in one call", async () => {
    const { failures, asked, written } = await write(["Pro", "Pro"]);
    expect([failures, asked, written.length]).toEqual([[], 1, 2]);
  });

  it("and is empty, nobody is asked", async () => {
    const { client, requests } = await standIn();
    expect(await writePage({ stripe: lent.stripe, supabase: client }, [])).toEqual([]);
    expect(requests).toEqual([]);
  });

  it("nothing is said to be written when the database does not answer", async () => {
    const { supabase: silent } = await standBeforeSupabase(supabase, (_, response) => response.destroy());
    await expect(writePage({ stripe: lent.stripe, supabase: silent }, show([product()]).changes)).rejects.toMatchObject(
      { name: "DatabaseError" },
    );
  });
});
