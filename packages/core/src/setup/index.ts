import type { Clients } from "../clients.ts";
import { assertSameAccount, noteAnew, OtherAccountError } from "../mirror/index.ts";
import { getAccountId } from "../stripe/index.ts";
import { dataOf } from "../supabase/index.ts";
import type { ByHand, Progress, Step } from "./plan.ts";
import { planPortal } from "./portal.ts";
import { planCatalogue } from "./products.ts";
import type { BillingConfig, CatalogueConfig } from "./schema.ts";
import { readStanding } from "./standing.ts";
import { planWebhook } from "./webhook.ts";

export { ConfigError, defineBilling, parseConfig } from "./config.ts";
export type { ByHand, Step } from "./plan.ts";
export { isSecretLost, sendsTo } from "./webhook.ts";

export interface Wish {
  /** What `billing.config.ts` says; without products in it the catalogue and the portal are left as they are. */
  config?: BillingConfig | undefined;
  /** Where events are to be sent; without it no endpoint is made. */
  webhookUrl?: string | undefined;
  /** Whether endpoints of another version may be disabled. */
  retire?: boolean | undefined;
  /** Whether what is there already stays as it is: only what is lacking is made, and the portal set up with the first of it. */
  keep?: boolean | undefined;
}

export interface Plan {
  /** In the order in which they are done. None: there is nothing to do. */
  steps: Step[];
  byHand: ByHand[];
  /** Stripe's ids of what is there already. */
  known: Pick<Progress, "products" | "prices">;
}

/**
 * Compares Stripe with what it should be, and changes nothing.
 * @throws OtherAccountError when the key is of another account than the one that is mirrored
 */
export async function planSetup(
  clients: Clients,
  { config, webhookUrl, retire = false, keep = false }: Wish,
): Promise<Plan> {
  const { stripe } = clients;
  await assertNotOther(clients);
  const endpoint = webhookUrl ? await planWebhook(stripe, webhookUrl, retire) : [];
  if (!sells(config)) return { steps: endpoint, byHand: [], known: { products: new Map(), prices: new Map() } };
  const standing = await readStanding(stripe, config);
  const catalogue = planCatalogue(standing, config).filter(({ does }) => !keep || does === "create");
  const isKept = keep && !catalogue.some(({ what }) => what === "product");
  const portal = isKept ? { steps: [], byHand: [] } : await planPortal(clients, standing, config, catalogue);
  const ids = (all: Map<string, { id: string }>) => new Map([...all].map(([key, { id }]) => [key, id]));
  return {
    steps: [...catalogue, ...portal.steps, ...endpoint],
    byHand: portal.byHand,
    known: { products: ids(standing.products), prices: ids(standing.prices) },
  };
}

function sells(config: BillingConfig | undefined): config is CatalogueConfig {
  return config?.products !== undefined;
}

interface Setup {
  keepWebhookSecret: Progress["keepWebhookSecret"];
  onDone(step: Step): void;
  /** Ends it after the step that is being done. */
  signal?: AbortSignal;
}

/**
 * Does what was planned, step by step. Cut off anywhere, another plan finds what is left.
 * @throws OtherAccountError; what Stripe refuses
 */
export async function applySetup(
  clients: Clients,
  plan: Plan,
  { keepWebhookSecret, onDone, signal }: Setup,
): Promise<void> {
  if (plan.steps.length === 0) return;
  await assertSameAccount(clients);
  const progress: Progress = { ...clients, ...plan.known, saved: new Map(), keepWebhookSecret };
  for (const step of plan.steps) {
    if (signal?.aborted) break;
    await step.run(progress);
    onDone(step);
  }
  // The mirror shows what was made before its events come.
  for (const [id, name] of progress.saved) await noteAnew(clients, name, id);
}

/** Looks only: a plan does not decide whose account is mirrored. */
async function assertNotOther({ stripe, supabase }: Clients): Promise<void> {
  const [mirrored] = dataOf(await supabase.rpc("get_stripe_account"));
  if (!mirrored || (mirrored.livemode === stripe.livemode && mirrored.id === (await getAccountId(stripe)))) return;
  throw new OtherAccountError("STRIPE_SECRET_KEY is of another account or mode than the one that is mirrored");
}
