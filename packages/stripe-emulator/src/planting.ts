import { setImmediate as turn } from "node:timers/promises";
import { createCustomer } from "./resources/customers.ts";
import { createPrice } from "./resources/prices.ts";
import { createSubscription } from "./resources/subscription-creation.ts";
import { idsIn, like } from "./state/likeness.ts";
import type { Rows } from "./state/rows.ts";
import type { World } from "./world.ts";

export interface Planting {
  /** How many objects there are to be, at least. */
  objects: number;
  /** How many invoices each subscription had, each paid by a payment intent and a charge. */
  invoices: number;
  /** Over how many days the objects were made. */
  days: number;
}

/** How many rows came to be, by table. */
export type Planted = Partial<Record<Table, number>>;

const CATALOGUE = ["products", "prices"] as const;
/** One of each for every customer. */
const BUYER = ["customers", "instruments", "paymentMethods", "subscriptions"] as const;
/** One of each for every invoice. */
const SALE = ["invoices", "invoicePayments", "paymentIntents", "charges"] as const;
const TABLES = [...CATALOGUE, ...BUYER, ...SALE];

type Table = (typeof TABLES)[number];
type Model = ReadonlyMap<Table, readonly Rows[Table][]>;

const DAY = 86_400;
/** So many customers are made in one turn: the state file has them as one group, and requests are answered in between. */
const A_TURN = 200;
/** One subscription in so many was cancelled. */
const CANCELED = 5;

const EMAIL = "planted@example.com";
const NOBODY = new Map<string, string>();

/**
 * Makes an account with a past at once: customers with a card, a subscription and its paid invoices, as the emulator makes them one by
 * one, but without events; and nothing becomes of them by itself.
 */
export async function plant(world: World, { objects, invoices, days }: Planting): Promise<Planted> {
  const gardener = new Gardener(world, days);
  const ofEach = BUYER.length - 1 + SALE.length * invoices; // What is behind a card is no object of Stripe's.
  const buyers = Math.max(1, Math.ceil((objects - CATALOGUE.length) / ofEach));
  gardener.plantCatalogue();
  for (let number = 0; number < buyers; number++) {
    gardener.plantBuyer(number, number / buyers, invoices);
    if (number % A_TURN === A_TURN - 1) await turn();
  }
  return gardener.planted;
}

class Gardener {
  readonly planted: Planted = {};
  readonly #world: World;
  readonly #now: number;
  readonly #opened: number;
  readonly #model: Model;
  readonly #buyerNames: string[];
  readonly #saleNames: string[];
  readonly #pattern: RegExp;
  /** So that what is planted later has other ids. */
  readonly #salt = crypto.randomUUID().slice(0, 6);

  constructor(world: World, days: number) {
    this.#world = world;
    this.#now = world.now();
    this.#opened = this.#now - days * DAY;
    this.#model = modelOf(world);
    const common = idsIn(CATALOGUE.flatMap((table) => this.#rowsOf(table)));
    const namesIn = (tables: readonly Table[]) =>
      [...idsIn(tables.flatMap((table) => this.#rowsOf(table)))].filter((id) => !common.has(id));
    this.#buyerNames = namesIn(BUYER);
    this.#saleNames = namesIn(SALE).filter((id) => !this.#buyerNames.includes(id));
    this.#pattern = new RegExp([...this.#buyerNames, ...this.#saleNames].join("|"), "g");
  }

  plantCatalogue(): void {
    this.#plant(CATALOGUE, NOBODY, this.#opened, isRecent);
  }

  /** @param share of the time since the account was opened, at which the customer came */
  plantBuyer(number: number, share: number, invoices: number): void {
    const born = Math.floor(this.#opened + (this.#now - this.#opened) * share);
    const buyer = this.#namesOf(this.#buyerNames, `${number}`);
    buyer.set(EMAIL, `planted-${number}@example.com`);
    let last = NOBODY;
    for (let sale = 0; sale < invoices; sale++) {
      const at = Math.floor(born + ((this.#now - born) * sale) / invoices);
      last = new Map([...buyer, ...this.#namesOf(this.#saleNames, `${number}N${sale}`)]);
      for (const { number: invoiceNumber } of this.#rowsOf("invoices"))
        last.set(String(invoiceNumber), `P${this.#salt}${number}-${String(sale + 1).padStart(4, "0")}`);
      // The balance of the account has no past: what it has is kept apart from what was sold.
      this.#plant(SALE, last, at, isRecent, { charges: { balance_transaction: null } });
    }
    const ended = this.#now - DAY;
    const isOver = number % CANCELED === CANCELED - 1 && ended > born;
    const change = isOver ? { status: "canceled", canceled_at: ended, ended_at: ended } : {};
    this.#plant(BUYER, last, born, (_, key) => BEGINNINGS.has(key), { subscriptions: change });
  }

  /** Rows like the model's, made at a moment; of the moments in them, those that `moves` says are moved with it. */
  #plant(
    tables: readonly Table[],
    names: ReadonlyMap<string, string>,
    at: number,
    moves: (age: number, key: string) => boolean,
    changes: Partial<Record<Table, object>> = {},
  ): void {
    const moment = (key: string, second: number) =>
      moves(second - this.#now, key) ? second + (at - this.#now) : second;
    for (const table of tables) {
      for (const model of this.#rowsOf(table)) {
        const row = { ...like(model, { names, pattern: this.#pattern, moment }), ...changes[table] };
        (this.#world.store[table] as { put(row: unknown): unknown }).put(row);
        this.planted[table] = (this.planted[table] ?? 0) + 1;
      }
    }
  }

  #namesOf(ids: readonly string[], owner: string): Map<string, string> {
    return new Map(
      ids.map((id, index) => {
        const [prefix = "", rest = ""] = id.split("_");
        return [id, `${prefix}_${`${this.#salt}X${index}N${owner}`.padStart(rest.length, "0")}`];
      }),
    );
  }

  #rowsOf<K extends Table>(table: K): readonly Rows[K][] {
    return (this.#model.get(table) ?? []) as readonly Rows[K][];
  }
}

/** Whether a number is a moment that has to do with what was made just now: its own, or a period's end. */
const isRecent = (age: number) => age > -DAY && age < 400 * DAY;

/** The period that a subscription is in is today's, however old it is. */
const BEGINNINGS = new Set(["created", "start_date"]);

/** One of everything, as the emulator makes it. */
function modelOf(world: World): Model {
  return world.rehearse(world.now(), (copy) => {
    const price = createPrice(copy, {
      currency: "eur",
      unit_amount: 1500,
      recurring: { interval: "month" },
      product_data: { name: "Planted" },
    });
    const { id: customer } = createCustomer(copy, {
      email: EMAIL,
      name: "Planted",
      payment_method: "pm_card_visa",
      invoice_settings: { default_payment_method: "pm_card_visa" },
    });
    createSubscription(copy, { customer, items: [{ price: price.id }] });
    return new Map(
      TABLES.map((table) => [table, copy.store[table].all().filter(({ id }) => !world.store[table].has(id))]),
    );
  });
}
