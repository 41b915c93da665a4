import type { Climate } from "./climate.ts";
import { Customer } from "./customer.ts";
import { OFFICE_STEPS } from "./office-steps.ts";
import { OTHER_STEPS } from "./other-steps.ts";
import { Random } from "./random.ts";
import type { Shop } from "./shop.ts";
import { STEPS } from "./steps.ts";

const ACTS = { ...STEPS, ...OFFICE_STEPS, ...OTHER_STEPS };

export interface Step {
  /** In which of the world's turns, and how long after it begins. */
  turn: number;
  afterMs: number;
  name: string;
}

/** One customer's months. What they do depends on the seed and their number alone, so that others can be left out. */
export class History {
  readonly number: number;
  readonly steps: readonly Step[];
  readonly customer: Customer;
  readonly #shop: Shop;
  readonly #random: Random;
  readonly #confirmed: boolean;

  constructor(shop: Shop, climate: Climate, { seed, number, turns }: { seed: string; number: number; turns: number }) {
    this.number = number;
    this.#shop = shop;
    this.#random = new Random(`${seed} history ${number}`);
    const random = this.#random;
    this.customer = new Customer(shop, random, {
      name: `customer-${number}`,
      organization: random.chance(climate.organizations),
    });
    this.#confirmed = random.chance(climate.confirmed);
    shop.people.push(this.customer);
    const all = Object.entries(ACTS);
    const weighed = all.map(([name, { weight }]) => ({
      name,
      weight: climate.adds[name] ?? weight * (climate.steps[name] ?? 1),
    }));
    const first = weighed.filter(({ name }) => /^buys|^opens/.test(name) && name !== "buys, and is deleted meanwhile");
    this.steps = Array.from({ length: turns }, (_, turn) => ({
      turn,
      afterMs: random.between(0, 60_000),
      name: random.weigh(turn === 0 ? first : weighed).name,
    }));
  }

  begin(): Promise<void> {
    return this.customer.signUp(this.#confirmed);
  }

  async take({ name }: Step): Promise<void> {
    if (this.customer.deleted) return;
    await ACTS[name]?.act(this.customer, this.#shop, this.#random);
  }
}
