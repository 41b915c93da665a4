import { applyEvents, assertSameAccount } from "@turnpike/core/mirror";
import { createStripe, getAccountId } from "@turnpike/core/stripe";
import { createServiceClient } from "@turnpike/core/supabase";
import { beforeEach, describe, expect, it } from "vitest";
import { event, product } from "../builders.ts";
import { type LentStripe, type LentSupabase, lendStripe, lendSupabase } from "../parts/index.ts";
import { forbid, lendOtherAccount, type Obstacle, standBefore } from "../parts/proxy.ts";
import { LONG_AGO } from "../parts/shop.ts";

let supabase: LentSupabase;
let lent: LentStripe;
beforeEach(async () => {
  [supabase, lent] = await Promise.all([lendSupabase(), lendStripe()]);
});

const sample = (fields: object = {}) => ({ ...event("product.created", product(), LONG_AGO), ...fields });
const apply = (stripe = lent.stripe, ...events: ReturnType<typeof sample>[]) =>
  applyEvents({ stripe, supabase: supabase.client }, events);
const entry = async (eventId: string) =>
  (
    await supabase.query<{ object_id: string | null }>(
      "select outcome, reason, object_id from billing.stripe_events where id = $1",
      [eventId],
    )
  )[0];
const another = {
  name: "OtherAccountError",
  code: "other_stripe_account",
  message: expect.stringContaining("is of another account or mode than the one that is mirrored"),
};

describe("the first key", () => {
  it("decides which account and mode are mirrored, and Stripe is asked about it once", async () => {
    await apply(lent.stripe, sample());
    await apply(lent.stripe, sample());
    expect(await lent.asked("GET /v1/account")).toHaveLength(1);
    const [account] = await supabase.query("select id, livemode, key_hashes from billing.stripe_account");
    const id = await getAccountId(lent.stripe);
    expect(account).toEqual({ id, livemode: false, key_hashes: [lent.stripe.keyHash] });
    expect(lent.stripe.keyHash).toMatch(/^[\da-f]{64}$/);
  });
});

describe("another key", () => {
  it("of the same account and mode writes too", async () => {
    const rolled = createStripe({ secretKey: "sk_test_rolled", apiBase: lent.apiBase });
    expect(rolled.keyHash).not.toBe(lent.stripe.keyHash);
    const [one, two] = [sample(), sample()];
    expect((await apply(lent.stripe, one)).outcomes.get(one.id)).toBe("applied");
    expect((await apply(rolled, two)).outcomes.get(two.id)).toBe("applied");
    await assertSameAccount({ stripe: lent.stripe, supabase: supabase.client });
  });

  it("of another account, or of the other mode, writes nothing", async () => {
    await apply(lent.stripe, sample());
    const other = await standBefore(lent, ({ url }, response) => {
      if (url === "/v1/account") response.end('{"id":"acct_other"}');
    });
    const own = await standBefore(lent, answerAccount);
    const foreign = createStripe({ secretKey: "sk_test_other", apiBase: urlOf(other.stripe) });
    const live = createStripe({ secretKey: "sk_live_1", apiBase: urlOf(own.stripe) });
    for (const stripe of [foreign, live]) {
      const sent = sample({ livemode: stripe.livemode });
      await expect(apply(stripe, sent)).rejects.toMatchObject(another);
      await expect(assertSameAccount({ stripe, supabase: supabase.client })).rejects.toMatchObject(another);
      expect(await entry(sent.id)).toBeUndefined();
    }
  });

  it("that is restricted and may not read its account is of the one that Stripe names as it refuses", async () => {
    await apply(lent.stripe, sample());
    let named: string | undefined = await getAccountId(lent.stripe);
    const { apiBase } = await standBefore(lent, ({ url }, response) => {
      if (url === "/v1/account") forbid(response, named, "rak_accounts_kyc_basic_read");
    });
    const restricted = (name: string) => createStripe({ secretKey: `rk_test_${name}`, apiBase });
    const [one, two, three] = [sample(), sample(), sample()];
    expect((await apply(restricted("own"), one)).outcomes.get(one.id)).toBe("applied");
    named = "acct_other";
    await expect(apply(restricted("other"), two)).rejects.toMatchObject(another);
    named = undefined;
    await expect(apply(restricted("unnamed"), three)).rejects.toMatchObject({
      name: "UnnamedAccountError",
      message: expect.stringContaining("rak_accounts_kyc_basic_read"),
    });
    expect([await entry(two.id), await entry(three.id)]).toEqual([undefined, undefined]);
  });

  it("of the account before does not bring it back when the mirror was emptied for another; emptied for none, it shows the same", async () => {
    await apply(lent.stripe, sample());
    await supabase.query("select billing.empty_mirror()");
    const foreign = await lendOtherAccount(lent);
    await expect(apply(foreign, sample())).rejects.toMatchObject(another);
    await apply(lent.stripe, sample());
    await supabase.query("select billing.empty_mirror('acct_other', livemode => false)");
    await expect(apply(lent.stripe, sample())).rejects.toMatchObject(another);
    const ours = sample();
    expect((await apply(foreign, ours)).outcomes.get(ours.id)).toBe("applied");
    for (const wrong of ["'acct_1'", "null, true", "'other', true"])
      await expect(supabase.query(`select billing.empty_mirror(${wrong})`)).rejects.toThrow("by its id, acct_…");
  });

  it("of another account does not make nothing of an event that only says what it is about", async () => {
    const about = { ...sample(), about: "product" };
    await apply(lent.stripe, sample());
    const foreign = await lendOtherAccount(lent);
    expect((await apply(lent.stripe, about)).outcomes.get(about.id)).toBe("ignored");
    const { outcomes, errors } = await apply(foreign, about);
    expect({ outcome: outcomes.get(about.id), errors }).toMatchObject({ outcome: "retry", errors: [another] });
  });

  it.each([
    ["sk_live_1", true],
    ["rk_live_1", true],
    ["sk_test_1", false],
    ["rk_test_sk_live_", false],
  ])("%s is of live mode: %s", (secretKey, livemode) => {
    expect(createStripe({ secretKey }).livemode).toBe(livemode);
  });
});

/** Says which account it is to any key, as the emulator does to keys of test mode alone. */
const answerAccount: Obstacle = async ({ url }, response) => {
  if (url === "/v1/account") response.end(JSON.stringify({ id: await getAccountId(lent.stripe) }));
};

/** The address that a client speaks to. */
function urlOf(stripe: object): string {
  const { host, port } = (stripe as { _api: { host: string; port: string } })._api;
  return `http://${host}:${port}`;
}

describe("an event of the other mode", () => {
  it("is refused, with the reason, and the rest is not", async () => {
    const [play, real] = [sample({ livemode: false }), sample({ livemode: true })];
    const { outcomes } = await apply(lent.stripe, play, real);
    expect([...outcomes].sort()).toEqual(
      [
        [play.id, "applied"],
        [real.id, "refused"],
      ].sort(),
    );
    expect(await entry(real.id)).toEqual({
      outcome: "refused",
      reason: "The event is of live mode, the secret key of test mode",
      object_id: (real.data.object as { id: string }).id,
    });
  });

  it("is missing to a reconciliation, for Stripe lists events of the key's own mode alone", async () => {
    const [ours, real, poison] = [sample(), sample({ livemode: true }), sample({ data: { object: {} } })];
    const { outcomes } = await apply(lent.stripe, ours, real, poison);
    expect([ours, real, poison].map(({ id }) => outcomes.get(id))).toEqual(["applied", "refused", "failed"]);
    expect(await supabase.query("select id from products where id = $1", [(await entry(real.id))?.object_id])).toEqual(
      [],
    );
    const event_ids = [ours.id, real.id, poison.id, "evt_never_seen"];
    const { data } = await supabase.client.rpc("find_missing_stripe_events", { event_ids });
    expect(data?.toSorted()).toEqual([real.id, "evt_never_seen"].sort());
  });

  it("that does not say its mode is taken as ours", async () => {
    const silent = sample({ livemode: undefined });
    expect((await apply(lent.stripe, silent)).outcomes.get(silent.id)).toBe("applied");
  });

  it("of test mode is refused by a live key", async () => {
    const real = await standBefore(lent, answerAccount);
    const stripe = createStripe({ secretKey: "sk_live_1", apiBase: urlOf(real.stripe) });
    const play = sample({ livemode: false, data: { object: { ...product(), id: undefined } } });
    // Without an id it cannot be read, whatever its mode.
    expect((await apply(stripe, play)).outcomes.get(play.id)).toBe("failed");
    const readable = sample({ livemode: false });
    expect((await apply(stripe, readable)).outcomes.get(readable.id)).toBe("refused");
    expect(await entry(readable.id)).toMatchObject({
      reason: "The event is of test mode, the secret key of live mode",
    });
  });

  it("is applied once it is delivered for the right key after all", async () => {
    const real = sample({ livemode: true });
    await apply(lent.stripe, real);
    const again = { ...real, livemode: false };
    expect((await apply(lent.stripe, again)).outcomes.get(real.id)).toBe("applied");
    expect(await entry(real.id)).toMatchObject({ outcome: "applied", reason: null });
  });
});

it("a database that cannot be reached is an error: nothing is known to be applied", async () => {
  const nowhere = createServiceClient({ url: "http://127.0.0.1:9", secretKey: "sb_secret_x" });
  await expect(applyEvents({ stripe: lent.stripe, supabase: nowhere }, [sample()])).rejects.toMatchObject({
    name: "DatabaseError",
    code: "",
  });
});

describe("an event of an organisation's endpoint", () => {
  it("is applied where its context is the mirrored account, and refused where it is another", async () => {
    const id = await getAccountId(lent.stripe);
    const of = (context: string | null) => sample({ context });
    const ours = [of(id), of(`org_1/${id}`), of(null)];
    const theirs = [of("acct_sister"), of("org_1/acct_sister"), of(`${id}/acct_connected`)];
    // The first batch of all: the mirror does not know its account yet.
    const { outcomes } = await apply(lent.stripe, ...ours, ...theirs);
    expect(ours.map((each) => outcomes.get(each.id))).toEqual(ours.map(() => "applied"));
    expect(theirs.map((each) => outcomes.get(each.id))).toEqual(theirs.map(() => "refused"));
    const [{ id: refused = "" } = {}] = theirs;
    expect(await entry(refused)).toMatchObject({ reason: "The event is of another account" });
    const names = theirs.map(({ data }) => (data.object as { id: string }).id);
    expect(await supabase.query("select id from products where id = any ($1)", [names])).toEqual([]);
  });

  it("of whatever account it is, is not applied by a key of another than the mirrored", async () => {
    await apply(lent.stripe, sample());
    await supabase.query("update billing.stripe_account set id = 'acct_mirrored', key_hashes = '{}'");
    const event = sample({ context: await getAccountId(lent.stripe) });
    await expect(apply(lent.stripe, event)).rejects.toMatchObject(another);
  });
});

describe("what cannot be stored", () => {
  const odd = [
    ["a number that is none", { created: "soon" }, "product.created: a moment is not a number of seconds: string"],
    ["a name that is missing", { name: null }, "product.name: Postgres refused it (23502)"],
    ["a list that is none", { images: "one" }, "product.images: Postgres refused it (22P02)"],
    ["a NUL in the id", { id: "prod_\u0000" }, "product.id: it holds what Postgres cannot store"],
  ] as const;
  it.each(odd)("%s fails alone, and the ledger says where it stands", async (_, fields, reason) => {
    const [good, poison, other] = [sample(), sample(), sample()];
    poison.data.object = { ...poison.data.object, ...fields } as never;
    const { outcomes, errors } = await apply(lent.stripe, good, poison, other);
    expect([good, poison, other].map(({ id }) => outcomes.get(id))).toEqual(["applied", "failed", "applied"]);
    expect(errors).toEqual([]);
    expect(await entry(poison.id)).toMatchObject({ outcome: "failed", reason: expect.stringContaining(reason) });
  });

  it("and has an id is recorded with it, unless that cannot be stored either", async () => {
    const [one, two, three] = [sample(), sample(), sample()];
    one.data.object = { ...product({ id: "prod_one" }), created: "soon" } as never;
    two.data.object = { ...product({ id: "prod_\u0000" }), created: "soon" } as never;
    three.data = undefined as never;
    await apply(lent.stripe, one, two, three);
    const ids = await Promise.all([one, two, three].map(async ({ id }) => (await entry(id))?.object_id));
    expect(ids).toEqual(["prod_one", null, null]);
  });
});
