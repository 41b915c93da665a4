import type Stripe from "stripe";
import type { Delivery, State } from "./workload.ts";

/** One of the systems that are compared, with its own connections to its own database. */
export interface Contender {
  /** Applies a batch; one that takes events singly takes them one after the other. */
  apply(events: Stripe.Event[]): Promise<void>;
  /** The same from what the door of the system gets: checks each signature and parses each body. */
  verifyAndApply(deliveries: Delivery[]): Promise<void>;
  /** Empties its tables. */
  reset(): Promise<void>;
  /** What its tables hold, in the workload's words; throws when its own records do not add up. */
  state(events: number): Promise<{ subscriptions: State; invoices: State }>;
  close(): Promise<void>;
}

export interface ContenderOptions {
  url: string;
  /** Of the pool. */
  connections: number;
}
