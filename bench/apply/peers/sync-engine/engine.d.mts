/** What is used of the peer; its types live in a workspace that is only installed to run the benchmark. */
export interface Engine {
  processEvent(event: object): Promise<void>;
  processWebhook(payload: string, signature: string): Promise<void>;
  close(): Promise<void>;
}
export interface Settings {
  stripeUrl?: string | undefined;
  asksStripe?: boolean | undefined;
  apiVersion?: string | undefined;
}
export function createEngine(
  url: string,
  connections: number,
  webhookSecret: string,
  settings?: Settings,
): Promise<Engine>;
export function migrate(url: string, samples: Record<string, object>): Promise<void>;
