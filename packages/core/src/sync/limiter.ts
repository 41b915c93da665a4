import type { StripeClient } from "../stripe/index.ts";

/** How many requests a second may begin: of the account, and of each endpoint. https://docs.stripe.com/rate-limits */
export interface Limits {
  perSecond: number;
  perEndpoint: number;
}

// What is sent evenly does not arrive evenly: at the very limit, one second would now and then hold a request too many.
const SHARE = 0.975;
// A timer is a little late. What is made up for at once is less than what SHARE leaves free.
const MADE_UP_MS = 20;

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

  /** Resolves when a request of this address may begin. */
  function turn(path: string): Promise<void> {
    const endpoint = endpointOf(path);
    const queue = queues.get(endpoint) ?? { waiting: [], nextAt: 0 };
    queues.set(endpoint, queue);
    return new Promise((resolve) => {
      queue.waiting.push(resolve);
      begin();
    });
  }

  /** The same client, whose requests each wait for their turn. */
  function paced(stripe: StripeClient): StripeClient {
    const rawRequest: StripeClient["rawRequest"] = async (method, path, ...rest) => {
      await turn(path);
      return stripe.rawRequest(method, path, ...rest);
    };
    return Object.create(stripe, { rawRequest: { value: rawRequest } });
  }

  return { turn, paced };
}

/** All objects of a kind are one endpoint. */
function endpointOf(path: string): string {
  const [address = ""] = path.split("?");
  return address.replace(/\/[a-z]+_[A-Za-z0-9_]*[A-Z0-9][A-Za-z0-9_]*(?=\/|$)/g, "/:id");
}
