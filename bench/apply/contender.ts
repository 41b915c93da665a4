import type Stripe from "stripe";
import type { Delivery, State } from "./workload.ts";

/** One of the systems that are compared, with its own connections to its own database. */
export interface Contender {
  /**
   * Applies a batch, and answers what is to be delivered again. One that takes events singly takes them one after the other.
   */
  apply(events: Stripe.Event[]): Promise<Stripe.Event[]>;
  /** For one that only writes: makes the rows ready, outside the measured time, and answers what writes them. */
  prepare?(events: Stripe.Event[]): Promise<() => Promise<unknown>>;
  /** The same from what the door of the system gets: checks each signature and parses each body. */
  verifyAndApply(deliveries: Delivery[]): Promise<void>;
  /** Empties its tables, but for these customers, where it keeps whose they are: each its own user's. */
  reset(customers?: readonly string[]): Promise<void>;
  /**
   * What its tables hold, in the workload's words; undefined for one that does not claim to end in the right state.
   * @param events how many its own records must show: it throws when they do not
   */
  state(events?: number): Promise<{ subscriptions: State; invoices: State } | undefined>;
  close(): Promise<void>;
}

export interface ContenderOptions {
  url: string;
  /** Of the pool. */
  connections: number;
  /** A server that speaks Stripe's API; absent: asking Stripe is an error. */
  stripeUrl?: string;
  /** Of a peer, its setting `revalidateObjectsViaStripeApi`: an event is only the occasion to ask Stripe for the object. */
  asksStripe?: boolean;
}
