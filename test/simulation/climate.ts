import type { Breakable, FaultKind } from "./faults.ts";
import { Random } from "./random.ts";

/** What a world has more of than others: what seldom comes together anywhere is usual in some. */
export interface Climate {
  /** How many times as often as elsewhere a step is chosen. */
  steps: Record<string, number>;
  /** How often a step is chosen that there is nowhere else. */
  adds: Record<string, number>;
  /** How many of the customers begin with a confirmed address, and buy for an organisation. */
  confirmed: number;
  organizations: number;
  /** In how many turns Stripe's endpoint listens to nothing, so that no delivery is ever tried. */
  deaf: number;
  /** In how many turns the consumer stands still, and how many of these times it does so for as long as anywhere. */
  stopped: number;
  longest: number;
  /** In how many turns a place is out of order, and which may be. */
  breaks: number;
  places: readonly Breakable[];
  /** Of so many calls, one is befallen. */
  rates: readonly number[];
  /** The only kind of fault that there is. */
  only: FaultKind | undefined;
  /** Of so many messages one is held up on its way. */
  heldUp: readonly number[];
  /** How much Stripe shows in one page of a listing. */
  pages: readonly number[];
  /** Of so many events, one is never made: a sweep is to mend it. */
  unmade: readonly number[];
  /** In how many turns the webhook's secret is rolled, and Supabase's key; and in how many what was changed is not found by search. */
  rolls: number;
  searchLags: number;
  /** In how many worlds events are listed late. */
  listsLag: number;
  /** In how many worlds there is a second endpoint, of an older version of Stripe's API. */
  twoVersions: number;
  /** How often a schedule starts its function once more, and by how much the clocks of Stripe's machines may be behind. */
  startsAgain: number;
  stripeBehindMs: number;
  /** Of so many answers about what is new on sale, one is untrue: a sweep is to mend it. */
  untrue: number;
  /** Under which names another system says whose something is, beside the product. */
  otherKeys: readonly string[];
}

const USUAL: Climate = {
  steps: {},
  adds: {},
  confirmed: 0.8,
  organizations: 0.2,
  deaf: 0.05,
  stopped: 0.2,
  longest: 0,
  breaks: 0.15,
  places: ["stripe", "supabase", "sqs", "webhook"],
  rates: [0, 0.005, 0.02, 0.05],
  only: undefined,
  heldUp: [0, 0.05, 0.3],
  pages: [100, 100, 20],
  unmade: [0],
  rolls: 0.05,
  searchLags: 0.1,
  listsLag: 0.1,
  twoVersions: 0.05,
  startsAgain: 0,
  stripeBehindMs: 0,
  untrue: 0,
  otherKeys: [],
};

/** Other systems sell on the same account. */
const ELSEWHERE: Partial<Climate> = {
  steps: {
    "buys as a guest": 6,
    "buys as a guest under the next address": 15,
    "changes the e-mail": 8,
    "confirms the e-mail": 20,
    "is named on what another has": 30,
  },
  adds: {
    "buys a thing elsewhere": 20,
    "buys elsewhere by a link that names them": 20,
    "is sold one under their address": 20,
    "lets a page of another system run out": 10,
  },
  confirmed: 0.25,
  stopped: 0.5,
  rates: [0, 0.01],
  otherKeys: ["supabase_id"],
};

const CLIMATES: Record<string, Partial<Climate>> = {
  usual: {},
  trials: {
    steps: { "buys with a trial": 12, cancels: 8, "is deleted at Stripe": 8, "comes back to what was left open": 3 },
    rates: [0, 0.01],
  },
  tabs: { steps: { "opens pages": 20, "comes back to what was left open": 10, cancels: 4 } },
  guests: {
    steps: {
      "buys as a guest": 14,
      "buys as a guest under the next address": 10,
      "changes the e-mail": 10,
      "confirms the e-mail": 10,
      "takes an address that another has left": 20,
      "is named by the office": 10,
    },
    confirmed: 0.4,
    rates: [0, 0.01],
  },
  office: {
    steps: {
      "is sold a second one by hand": 4,
      "is sold one under a nameless customer": 15,
      "is sold one that is changed at once": 12,
      "is sold one that is paid later": 15,
      "has an add-on that becomes a plan": 15,
      "is named on what another has": 15,
      "buys beside": 5,
    },
    rates: [0, 0, 0.02],
  },
  leaving: {
    steps: { "is deleted": 8, "buys, and is deleted meanwhile": 8, "is sold a second one by hand": 3 },
    adds: { "is deleted just when they buy": 8, "is deleted just when they buy again": 12, "tries without a card": 4 },
  },
  deaf: { deaf: 0.6, listsLag: 0.5, pages: [20], rates: [0, 0.02, 0.1] },
  forgetful: { stopped: 0.8, longest: 0.8, rates: [0, 0.02] },
  organizations: { steps: { "is no manager any more": 8, "is sold one in two names": 12 }, organizations: 0.8 },
  plans: {
    steps: { "changes the plan": 14, "looks at a change": 4, "ends it in the app": 8, "goes on with it in the app": 8 },
  },
  seconds: {
    steps: { "changes back and forth": 15, "is sold one that is changed at once": 15, upgrades: 6 },
    rates: [0, 0.02],
  },
  seats: {
    steps: { "changes the plan": 4, "is sold one that is paid later": 10, upgrades: 0.3, "has a card that fails": 0.5 },
    adds: { "is used by more, or fewer": 30 },
    organizations: 0.6,
  },
  untold: { steps: { "disputes what was bought": 30 }, breaks: 1, places: ["sns"], rates: [0, 0.01] },
  storms: { rates: [0.1, 0.2] },
  unmade: { unmade: [0.05], rates: [0, 0.02] },
  catalogue: {
    steps: { "has a card that fails": 0.5 },
    adds: {
      "sees what is on sale change": 30,
      "is changed and removed at once": 20,
      "is ended as soon as it is changed": 20,
      "pays as the price changes": 10,
    },
    rates: [0, 0.02],
  },
  untrue: { adds: { "sees what is on sale change": 60 }, untrue: 0.5, rates: [0, 0.02] },
  elsewhere: ELSEWHERE,
  operated: { ...ELSEWHERE, adds: { ...ELSEWHERE.adds, "is given what is nobody's": 30 } },
  again: { deaf: 0.5, startsAgain: 0.8, stripeBehindMs: 2000, pages: [20], rates: [0, 0.05] },
  hurry: { adds: { "presses again and again": 60 }, only: "slow", rates: [1] },
  crowds: {
    steps: { "changes the plan": 4, upgrades: 0.3, "has a card that fails": 0.5 },
    adds: { "is used by more, or fewer": 30, "is sold a plan that is new": 15, "is sold a new plan for many": 15 },
    organizations: 0.6,
    heldUp: [0.3],
    rates: [0.02, 0.1],
  },
  handovers: { rolls: 0.5, twoVersions: 0.7, searchLags: 0.5, rates: [0, 0.02] },
};

export const CLIMATE_NAMES = Object.keys(CLIMATES);

/** The usual one in a quarter of the worlds. @throws when there is none of this name */
export function climateOf(seed: string, name?: string): Climate {
  const random = new Random(`${seed} climate`);
  const chosen = name ?? (random.chance(0.25) ? "usual" : random.pick(CLIMATE_NAMES));
  const own = CLIMATES[chosen];
  if (!own) throw new Error(`There is no climate ${chosen}: it is one of ${CLIMATE_NAMES.join(", ")}`);
  return { ...USUAL, ...own };
}
