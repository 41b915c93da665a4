/** What is used of the peer; its types live in a workspace that is only installed to run the benchmark. */
export interface Engine {
  processEvent(event: object): Promise<void>;
  processWebhook(payload: string, signature: string): Promise<void>;
  /** Reads all objects of a kind, such as `invoice`, from Stripe. */
  syncBackfill(kind: { object: string }): Promise<unknown>;
  close(): Promise<void>;
}
export interface Pool {
  query(statement: string): Promise<{ rows: unknown[] }>;
  end(): Promise<void>;
}
export interface Settings {
  stripeUrl?: string | undefined;
  asksStripe?: boolean | undefined;
  apiVersion?: string | undefined;
}
export function createEngine(url: string, connections: number, webhookSecret: string, settings?: Settings): Engine;
export function migrate(url: string): Promise<void>;
export function createPool(url: string): Pool;
