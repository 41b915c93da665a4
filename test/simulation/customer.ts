import { randomUUID } from "node:crypto";
import type Stripe from "stripe";
import { person } from "./account.ts";
import { type Machine, runOn } from "./machine.ts";
import type { Random } from "./random.ts";
import type { Shop } from "./shop.ts";

const CARDS = {
  good: "4242424242424242",
  declined: "4000000000000002",
  disputed: "4000000000000259",
  fails_later: "4000000000000341",
};

/** Somebody who comes to the product: what they can do there, at Stripe, and to themselves. */
export class Customer {
  readonly id = randomUUID();
  readonly #shop: Shop;
  readonly #random: Random;
  readonly #machine: Machine;
  readonly organizationId: string | undefined;
  email: string;
  deleted = false;

  constructor(shop: Shop, random: Random, { name, organization }: { name: string; organization: boolean }) {
    this.#shop = shop;
    this.#random = random;
    this.#machine = person(name);
    this.email = `${name}@example.com`;
    this.organizationId = organization ? `org-${name}` : undefined;
  }

  async signUp(confirmed = true): Promise<void> {
    await this.#shop.database.query("insert into auth.users (id, email, email_confirmed_at) values ($1, $2, $3)", [
      this.id,
      this.email,
      confirmed ? new Date().toISOString() : null,
    ]);
    if (this.organizationId) await this.join(true);
  }

  async join(manages: boolean): Promise<void> {
    await this.#shop.database.query("delete from simulation.members where user_id = $1", [this.id]);
    await this.#shop.database.query("insert into simulation.members values ($1, $2, $3)", [
      this.id,
      this.organizationId,
      manages,
    ]);
  }

  /** Goes to buy, in so many tabs at once, and pays in each that leads to Stripe's page. */
  async buy(price: string, { tabs = 1, card = "good" as keyof typeof CARDS, pays = 1 } = {}): Promise<void> {
    const urls = await Promise.all(Array.from({ length: tabs }, () => this.#open(price)));
    const pages = urls.filter((url) => url?.includes("/c/pay/"));
    const paid = pages.slice(0, Math.round(pages.length * pays));
    await Promise.all(paid.map((url) => this.pay(url ?? "", card)));
  }

  async #open(price: string): Promise<string | undefined> {
    await this.wait(this.#random.between(0, 3));
    const answer = await this.#post("create-checkout", {
      priceId: price,
      successUrl: "https://app.test/success?session_id={CHECKOUT_SESSION_ID}",
      cancelUrl: "https://app.test/pricing",
      mode: this.#shop.modeOf(price),
      ...(this.organizationId && { organizationId: this.organizationId }),
    });
    return answer?.url;
  }

  /** Buys without signing in. */
  async buyAsGuest(price: string): Promise<void> {
    const answer = await this.#post(
      "create-checkout",
      {
        priceId: price,
        successUrl: "https://app.test/success",
        cancelUrl: "https://app.test/pricing",
        mode: this.#shop.modeOf(price),
      },
      false,
    );
    if (answer?.url?.includes("/c/pay/")) await this.pay(answer.url, "good");
  }

  async openPortal(): Promise<void> {
    await this.#post("create-portal", {
      returnUrl: "https://app.test/account",
      ...(this.organizationId && { organizationId: this.organizationId }),
    });
  }

  async #post(route: string, body: object, signedIn = true): Promise<{ url?: string } | undefined> {
    const headers = {
      "content-type": "application/json",
      ...(signedIn && { authorization: `Bearer ${this.#shop.database.tokenOf(this.id, this.email)}` }),
    };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    return this.#do(async () => {
      try {
        return (await (await fetch(`https://app.test/api/stripe/${route}`, init)).json()) as { url?: string };
      } catch {
        return undefined; // The answer was lost, and who waited for it has gone.
      }
    });
  }

  async pay(url: string, card: keyof typeof CARDS): Promise<void> {
    await this.wait(this.#random.between(0, 8));
    const form = {
      email: this.email,
      card_number: CARDS[card],
      exp: "12 / 39",
      cvc: "123",
      name: "Ada Lovelace",
      country: "US",
      state: "OR",
      postal_code: "97201",
    };
    await this.#do(() => fetch(url, { method: "POST", redirect: "manual", body: new URLSearchParams(form) }));
  }

  async changeEmail(): Promise<void> {
    this.email = `new-${this.email}`;
    await this.#shop.database.query("update auth.users set email = $2 where id = $1", [this.id, this.email]);
  }

  async confirmEmail(): Promise<void> {
    await this.#shop.database.query("update auth.users set email_confirmed_at = now() where id = $1", [this.id]);
  }

  async leave(): Promise<void> {
    this.deleted = true;
    await this.#shop.database.query("delete from auth.users where id = $1", [this.id]);
  }

  /** Does something at Stripe to each subscription that runs. */
  async withSubscriptions(act: (stripe: Stripe, subscription: Stripe.Subscription) => Promise<unknown>): Promise<void> {
    await this.#do(async () => {
      for (const subscription of await this.subscriptions()) {
        // What Stripe refuses was no more possible by then.
        if (!["canceled", "incomplete_expired"].includes(subscription.status))
          await act(this.#shop.stripe, subscription).catch(onlyRefused);
      }
    });
  }

  async refund(share: number): Promise<void> {
    await this.#do(async () => {
      for (const customer of await this.customers()) {
        const { data } = await this.#shop.stripe.charges.list({ customer: customer.id });
        const charge = data.find(({ paid, refunded }) => paid && !refunded);
        if (!charge) continue;
        const amount = Math.max(1, Math.floor((charge.amount - charge.amount_refunded) * share));
        await this.#shop.stripe.refunds.create({ charge: charge.id, amount }).catch(onlyRefused);
      }
    });
  }

  /** Somebody deletes them in Stripe's dashboard, and whatever they subscribed to ends. */
  async vanish(): Promise<void> {
    await this.#do(async () => {
      for (const { id } of await this.customers()) await this.#shop.stripe.customers.del(id);
    });
  }

  /** Pays with another card from now on. */
  async useCard(method: string): Promise<void> {
    await this.#do(async () => {
      for (const { id } of await this.customers()) {
        const { id: card } = await this.#shop.stripe.paymentMethods.attach(method, { customer: id });
        await this.#shop.stripe.customers.update(id, { invoice_settings: { default_payment_method: card } });
      }
      for (const { id } of await this.subscriptions())
        await this.#shop.stripe.subscriptions.update(id, { default_payment_method: "" }).catch(onlyRefused);
    });
  }

  /** At Stripe, by what the product writes on them and by address. */
  async customers(): Promise<Stripe.Customer[]> {
    const { data } = await this.#shop.stripe.customers.list({ limit: 100 });
    return data.filter(
      ({ metadata, email }) =>
        (this.organizationId ? metadata.organization_id === this.organizationId : metadata.user_id === this.id) ||
        email === this.email,
    );
  }

  async subscriptions(): Promise<Stripe.Subscription[]> {
    const found: Stripe.Subscription[] = [];
    for (const { id } of await this.customers())
      found.push(...(await this.#shop.stripe.subscriptions.list({ customer: id, status: "all", limit: 100 })).data);
    return found;
  }

  wait(seconds: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }

  #do<Result>(work: () => Promise<Result>): Promise<Result> {
    return runOn(this.#machine, work);
  }
}

function onlyRefused(error: { type?: string }): void {
  if (error.type !== "StripeInvalidRequestError" && error.type !== "StripeCardError") throw error;
}
