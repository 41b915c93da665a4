import type { Clients } from "../clients.ts";
import { byKnownKey, type Failure, type ObjectName } from "../mirror/index.ts";
import { dataOf, type Json } from "../supabase/index.ts";

/** A part of a reading that is read page by page: see `billing.sync_ranges`. */
export interface Range {
  id: number;
  object: ObjectName;
  created_from: string | null;
  created_to: string | null;
  /** Of what Stripe lists for one customer at a time: whose are read. */
  customers: string[] | null;
  after: string | null;
  reached: string | null;
}

/** How far a page has brought a range. */
export interface Step {
  after: string | null;
  reached: string | null;
  read: number;
  /** Those that the page showed. */
  ids: string[];
  failures: Failure[];
  ended: boolean;
}

/** What one worker of a run may do in Postgres. Its token tells it from a worker that follows. */
export class Hold {
  readonly #clients: Clients;
  readonly #supabase: Clients["supabase"];
  readonly #run: { run_id: number; token: string };

  constructor(clients: Clients, runId: number) {
    this.#clients = clients;
    this.#supabase = clients.supabase;
    this.#run = { run_id: runId, token: crypto.randomUUID() };
  }

  /** Begins to be the one worker, or goes on being it. @returns false when another is @throws OtherAccountError */
  take(seconds: number): Promise<boolean> {
    const { keyHash: key_hash } = this.#clients.stripe;
    return byKnownKey(this.#clients, async () =>
      dataOf(await this.#supabase.rpc("hold_sync_run", { ...this.#run, seconds, key_hash })),
    );
  }

  async release(): Promise<void> {
    dataOf(await this.#supabase.rpc("release_sync_run", this.#run));
  }

  async takeRanges(most: number, mostByCustomer: number): Promise<Range[]> {
    const asked = { ...this.#run, most, most_by_customer: mostByCustomer };
    return dataOf(await this.#supabase.rpc("take_sync_ranges", asked)) as Range[];
  }

  /** @returns the range as it goes on; nothing when it is another worker's by now */
  async advance(range: Range, step: Step, wanted: number): Promise<Range | undefined> {
    const { after, reached, read, ids, failures, ended } = step;
    const [left] = dataOf(
      await this.#supabase.rpc("advance_sync_range", {
        range_id: range.id,
        token: this.#run.token,
        after: after as string,
        reached: reached as string,
        read,
        customers: range.object === "customer" ? ids : [],
        failures: failures as unknown as Json,
        ended,
        wanted,
      }),
    );
    return left && { ...range, ...left, after, reached };
  }

  /** The object after which the next page should begin is gone. */
  async rewind(range: Range): Promise<Range> {
    const created_to = dataOf(
      await this.#supabase.rpc("rewind_sync_range", { range_id: range.id, token: this.#run.token }),
    );
    return { ...range, created_to, after: null };
  }

  /** @param error why it could not be read: it comes again later, but not for ever */
  async releaseRange({ id }: Range, error = ""): Promise<void> {
    dataOf(await this.#supabase.rpc("release_sync_range", { range_id: id, token: this.#run.token, error }));
  }

  /** The key may not read the kind: the run ends without it. */
  async forbid({ id }: Range): Promise<void> {
    dataOf(await this.#supabase.rpc("forbid_sync_range", { range_id: id, token: this.#run.token }));
  }
}
