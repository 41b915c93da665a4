import { isRateLimit, type StripeClient } from "../stripe/index.ts";

/** How many requests a second may begin: of the account, and of each endpoint. https://docs.stripe.com/rate-limits */
export interface Limits {
  perSecond: number;
  perEndpoint: number;
}

// Stripe's clock and ours are not equally fast.
const SHARE = 0.99;
// Timers are late, the more so while a page is made into rows. What was missed is made up for at once, as far as a limit by the second
// bears it.
const MADE_UP_MS = 200;
/** Nothing more is asked for so long of what was refused: by then Stripe takes a whole second's requests again. */
const REFUSED_MS = 1100;

interface Queue {
  waiting: (() => void)[];
  nextAt: number;
}

export type Limiter = ReturnType<typeof createLimiter>;

/** Lets requests begin as fast as both limits allow. An endpoint that must wait holds up no other. */
export function createLimiter({ perSecond, perEndpoint }: Limits) {
  const gap = 1000 / (perSecond * SHARE);
  const endpointGap = 1000 / (perEndpoint * SHARE);
  const queues = new Map<string, Queue>();
  let nextAt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function begin(): void {
    clearTimeout(timer);
    for (;;) {
      const [first] = [...queues.values()]
        .filter(({ waiting }) => waiting.length > 0)
        .sort((a, b) => a.nextAt - b.nextAt);
      if (!first) return;
      const now = performance.now();
      const at = Math.max(nextAt, first.nextAt);
      if (at > now) {
        timer = setTimeout(begin, at - now);
        return;
      }
      nextAt = Math.max(nextAt, now - MADE_UP_MS) + gap;
      first.nextAt = Math.max(first.nextAt, now - MADE_UP_MS) + endpointGap;
      first.waiting.shift()?.();
    }
  }

  function queueOf(path: string): Queue {
    const endpoint = endpointOf(path);
    const queue = queues.get(endpoint) ?? { waiting: [], nextAt: 0 };
    queues.set(endpoint, queue);
    return queue;
  }

  /** Resolves when a request of this address may begin. */
  function turn(path: string): Promise<void> {
    return new Promise((resolve) => {
      queueOf(path).waiting.push(resolve);
      begin();
    });
  }

  /** Nothing of what Stripe refuses is asked before it takes it again: the endpoint, or the whole account. */
  function pause(path: string, reason: string | undefined): void {
    const until = performance.now() + REFUSED_MS;
    if (reason?.startsWith("global")) nextAt = Math.max(nextAt, until);
    const queue = queueOf(path);
    queue.nextAt = Math.max(queue.nextAt, until);
  }

  /** Makes a request of this address in its turn. */
  async function ask<Answer>(path: string, request: () => Promise<Answer>): Promise<Answer> {
    await turn(path);
    try {
      return await request();
    } catch (error) {
      if (isRateLimit(error)) pause(path, reasonOf(error));
      throw error;
    }
  }

  /** The same client, whose requests each wait for their turn. */
  function paced(stripe: StripeClient): StripeClient {
    const rawRequest: StripeClient["rawRequest"] = (method, path, ...rest) =>
      ask(path, () => stripe.rawRequest(method, path, ...rest));
    return Object.create(stripe, { rawRequest: { value: rawRequest } });
  }

  return { ask, paced };
}

/** Which of its limits Stripe names: https://docs.stripe.com/rate-limits */
function reasonOf(error: unknown): string | undefined {
  return (error as { headers?: Record<string, string> }).headers?.["stripe-rate-limited-reason"];
}

/** All objects of a kind are one endpoint. */
function endpointOf(path: string): string {
  const [address = ""] = path.split("?");
  return address.replace(/\/[a-z]+_[A-Za-z0-9_]*[A-Z0-9][A-Za-z0-9_]*(?=\/|$)/g, "/:id");
}
