import type { Model } from "./explore.ts";

/** What may be taken away, to see what it is there for. */
export const SALE_RULES = {
  oneAtATime: "one sale at a time for each payer",
  gaveUpInTime: "a sale that took too long opens nothing",
  othersAreClosed: "the pages that exclude this one are closed first",
  pagesBeforeSubscriptions: "the pages are listed before the subscriptions: what is paid in between is seen",
  endsItsOwn: "a sale gives back no other's lease",
  lookedAtAnew: "once a page is closed, all is looked at anew",
} as const;
export type SaleRules = Record<keyof typeof SALE_RULES, boolean>;
export const ALL_SALE_RULES = Object.fromEntries(Object.keys(SALE_RULES).map((rule) => [rule, true])) as SaleRules;

/** Time in steps of six seconds. Each is rounded to the side that makes it harder: packages/core/src/checkout/lease.ts. */
const LEASE = 5; // 30 s
const GOOD_FOR = 2; // 10 s
const OPENING_TAKES = 2; // two tries of 6 s, and the second may have its effect at its end

export interface Lease {
  holder: number;
  until: number;
}

/**
 * The lease of a payer's sale, as Postgres keeps it: `begin_sale` and `end_sale`. test/core/model.test.ts holds this and the SQL
 * together, case by case.
 */
export function beginSale(standing: Lease | null, holder: number, now: number): { began: boolean; lease: Lease } {
  const began = !standing || standing.until <= now || standing.holder === holder;
  return { began, lease: began ? { holder, until: now + LEASE } : standing };
}

export function endSale(standing: Lease | null, holder: number, rules: SaleRules = ALL_SALE_RULES): Lease | null {
  return standing?.holder === holder || !rules.endsItsOwn ? null : standing;
}

interface Request {
  does: "begin" | "list pages" | "list subscriptions" | "decide" | "close" | "wait" | "nothing";
  askedAt: number;
  /** The open pages that it has seen. */
  pages: number[];
  hasSeenSubscription: boolean;
}

export interface SaleState {
  now: number;
  lease: Lease | null;
  requests: Request[];
  pages: ("open" | "closed" | "paid")[];
  /** Pages that Stripe is still about to open: for whom, and until when that may be. */
  opening: { request: number; until: number }[];
  subscriptions: number;
}

export interface SaleBounds {
  /** Each wants another page: another price, or another address to come back to. */
  requests: number;
  /** How often six seconds pass. */
  time: number;
}

/** A payer who presses "Buy" in several tabs, pays whatever page is open, whenever; requests that are slow, and machines that die. */
export function saleModel(bounds: SaleBounds, rules: SaleRules = ALL_SALE_RULES): Model<SaleState> {
  return {
    initial: {
      now: 0,
      lease: null,
      requests: Array.from({ length: bounds.requests }, () => ({
        does: "begin",
        askedAt: 0,
        pages: [],
        hasSeenSubscription: false,
      })),
      pages: [],
      opening: [],
      subscriptions: 0,
    },
    isOver: ({ requests, opening }) => requests.every(({ does }) => does === "nothing") && opening.length === 0,
    findWrong: ({ subscriptions }) => (subscriptions > 1 ? "the payer has two subscriptions" : undefined),
    *next(state) {
      const { now, opening, requests, pages } = state;
      if (now < bounds.time && opening.every(({ until }) => now < until)) {
        yield ["six seconds pass", { ...state, now: now + 1 }];
      }
      for (const [page, status] of pages.entries()) {
        if (status !== "open") continue;
        const paid = { ...state, pages: pages.with(page, "paid" as const), subscriptions: state.subscriptions + 1 };
        yield [`page ${page + 1} is paid`, paid];
      }
      for (const [at, { request }] of opening.entries()) {
        const opened = { ...state, opening: opening.toSpliced(at, 1), pages: [...pages, "open" as const] };
        yield [`Stripe opens page ${pages.length + 1}, for request ${request + 1}`, answer(opened, request, rules)];
      }
      for (const [at, request] of requests.entries()) {
        if (request.does === "nothing") continue;
        yield [`request ${at + 1} dies`, set(state, at, { does: "nothing" })];
        const after = goOn(state, at, request, rules);
        if (after) yield after;
      }
    },
  };
}

function goOn(state: SaleState, at: number, request: Request, rules: SaleRules): [string, SaleState] | undefined {
  const who = `request ${at + 1}`;
  const { now, subscriptions } = state;
  const open = state.pages.flatMap((status, page) => (status === "open" ? [page] : []));
  switch (request.does) {
    case "begin": {
      const { began, lease } = rules.oneAtATime ? beginSale(state.lease, at, now) : { began: true, lease: null };
      return began ? [`${who} begins`, set({ ...state, lease }, at, { does: look(rules), askedAt: now })] : undefined;
    }
    case "list pages":
      return [
        `${who} lists the open pages`,
        set(state, at, { does: rules.pagesBeforeSubscriptions ? "list subscriptions" : "decide", pages: open }),
      ];
    case "list subscriptions":
      return [
        `${who} lists the subscriptions`,
        set(state, at, {
          does: rules.pagesBeforeSubscriptions ? "decide" : "list pages",
          hasSeenSubscription: subscriptions > 0,
        }),
      ];
    case "decide":
      return decide(state, at, request, rules);
    case "close": {
      const [page = -1, ...others] = request.pages;
      const closed = state.pages[page] === "open" ? state.pages.with(page, "closed") : state.pages;
      const afterwards = rules.lookedAtAnew ? look(rules) : "decide";
      const does = others.length > 0 ? "close" : afterwards;
      return [`${who} closes page ${page + 1}`, set({ ...state, pages: closed }, at, { does, pages: others })];
    }
    default:
      return undefined;
  }
}

const look = ({ pagesBeforeSubscriptions }: SaleRules) =>
  pagesBeforeSubscriptions ? "list pages" : "list subscriptions";

function decide(state: SaleState, at: number, request: Request, rules: SaleRules): [string, SaleState] {
  const who = `request ${at + 1}`;
  const end = () => finish(state, at, rules);
  if (request.pages.length > 0 && rules.othersAreClosed)
    return [`${who} finds others`, set(state, at, { does: "close" })];
  if (request.hasSeenSubscription) return [`${who} opens the portal`, end()];
  if (state.now > request.askedAt + GOOD_FOR && rules.gaveUpInTime) return [`${who} took too long`, end()];
  const opening = [...state.opening, { request: at, until: state.now + OPENING_TAKES }];
  return [`${who} asks for a page`, set({ ...state, opening }, at, { does: "wait" })];
}

function finish(state: SaleState, at: number, rules: SaleRules): SaleState {
  return set({ ...state, lease: endSale(state.lease, at, rules) }, at, { does: "nothing" });
}

/** The page is there; whoever has died meanwhile does not hear of it. */
function answer(state: SaleState, at: number, rules: SaleRules): SaleState {
  return state.requests[at]?.does === "wait" ? finish(state, at, rules) : state;
}

function set(state: SaleState, at: number, change: Partial<Request>): SaleState {
  return { ...state, requests: state.requests.with(at, { ...(state.requests[at] as Request), ...change }) };
}
