import { randomUUID } from "node:crypto";
import type Stripe from "stripe";
import { onlyRefused, person } from "./account.ts";
import { type Machine, runOn } from "./machine.ts";
import type { Random } from "./random.ts";
import type { Shop } from "./shop.ts";

const CARDS = {
  good: "4242424242424242",
  declined: "4000000000000002",
  disputed: "4000000000000259",
  fails_later: "4000000000000341",
};

interface Answer {
  url?: string;
  code?: string;
}

/** Somebody who comes to the product: what they can do there, at Stripe, and to themselves. */
export class Customer {
  readonly id = randomUUID();
  readonly #shop: Shop;
  readonly #random: Random;
  readonly #machine: Machine;
  readonly organizationId: string | undefined;
  email: string;
  deleted = false;
  /** The addresses that they have shown to be theirs, in small letters. */
  readonly confirmed = new Set<string>();
  /** What they could buy for an organisation though they did not manage it. */
  readonly wronglySold: string[] = [];
  /** What previews of a change of plan have shown to be charged at once. */
  readonly shown: { subscriptionId: string; amountDue: number }[] = [];
  /** The numbers that the product has said to be in use. */
  readonly seats: number[] = [];
  readonly #leftOpen: string[] = [];
  #isConfirmed = false;
  #manages = false;

  constructor(shop: Shop, random: Random, { name, organization }: { name: string; organization: boolean }) {
    this.#shop = shop;
    this.#random = random;
    this.#machine = person(name);
    this.email = `${name}@example.com`;
    this.organizationId = organization ? `org-${name}` : undefined;
  }

  /** What the product writes on what is theirs. */
  get metadata(): Record<string, string> {
    return this.organizationId ? { organization_id: this.organizationId } : { user_id: this.id };
  }

  /** Whom they buy for. */
  get payer(): string {
    return this.organizationId ?? this.id;
  }

  get nextEmail(): string {
    return `new-${this.email}`;
  }

  async signUp(confirmed = true): Promise<void> {
    await this.#shop.database.query("insert into auth.users (id, email, email_confirmed_at) values ($1, $2, $3)", [
      this.id,
      this.email,
      confirmed ? new Date().toISOString() : null,
    ]);
    if (confirmed) this.#confirm();
    if (this.organizationId) await this.join(true);
  }

  #confirm(): void {
    this.#isConfirmed = true;
    this.confirmed.add(this.email.toLowerCase());
  }

  async join(manages: boolean): Promise<void> {
    this.#manages = manages;
    await this.#shop.database.query("delete from simulation.members where user_id = $1", [this.id]);
    await this.#shop.database.query("insert into simulation.members values ($1, $2, $3)", [
      this.id,
      this.organizationId,
      manages,
    ]);
  }

  /** Goes to buy, each of these in a tab of its own, and pays in so many of those that lead to Stripe's page. */
  async buy(
    prices: string[],
    { card = "good" as keyof typeof CARDS, pays = 1, within = [0.1, 3] } = {},
  ): Promise<void> {
    // A double click, or one tab after the other.
    const seconds = this.#random.pick(within);
    const urls = await Promise.all(prices.map((price) => this.#open(price, seconds)));
    const pages = urls.flatMap((url) => (url?.includes("/c/pay/") ? [url] : []));
    const paid = Math.round(pages.length * pays);
    this.#leftOpen.push(...pages.slice(paid));
    await Promise.all(pages.slice(0, paid).map((url) => this.pay(url, card)));
  }

  /** Comes back to the tabs that they left open. */
  async payWhatWasLeft(): Promise<void> {
    await Promise.all(this.#leftOpen.splice(0).map((url) => this.pay(url, "good")));
  }

  async #open(price: string, withinSeconds: number): Promise<string | undefined> {
    await this.wait(this.#random.between(0, withinSeconds));
    const managed = this.#manages;
    const answer = await this.#askFor(price);
    if (answer?.url && this.organizationId && !managed && !this.#manages) this.wronglySold.push(answer.url);
    return answer?.url;
  }

  /** Why they cannot buy, for a reason that should not be. */
  async whyNot(price: string): Promise<string | undefined> {
    const { url, code = "no answer" } = (await this.#askFor(price)) ?? {};
    return url || ["paid_by_another", "not_billing_manager"].includes(code) ? undefined : code;
  }

  #askFor(price: string): Promise<Answer | undefined> {
    return this.post("stripe/create-checkout", {
      priceId: price,
      successUrl: "https://app.test/success?session_id={CHECKOUT_SESSION_ID}",
      cancelUrl: "https://app.test/pricing",
      mode: this.#shop.modeOf(price),
      ...(this.organizationId && { organizationId: this.organizationId }),
    });
  }

  /** Buys without signing in. */
  async buyAsGuest(price: string, email = this.#random.pick([this.email, this.email.toUpperCase()])): Promise<void> {
    const answer = await this.post(
      "stripe/create-checkout",
      {
        priceId: price,
        successUrl: "https://app.test/success",
        cancelUrl: "https://app.test/pricing",
        mode: this.#shop.modeOf(price),
      },
      false,
    );
    if (answer?.url?.includes("/c/pay/")) await this.pay(answer.url, "good", email);
  }

  async openPortal(): Promise<void> {
    await this.post("stripe/create-portal", {
      returnUrl: "https://app.test/account",
      ...(this.organizationId && { organizationId: this.organizationId }),
    });
  }

  /** Asks one of the product's routes. */
  async post(route: string, body: object, signedIn = true): Promise<Answer | undefined> {
    const headers = {
      "content-type": "application/json",
      ...(signedIn && { authorization: `Bearer ${this.#shop.database.tokenOf(this.id, this.email)}` }),
    };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    return this.do(async () => {
      try {
        return (await (await fetch(`https://app.test/api/${route}`, init)).json()) as Answer;
      } catch {
        return undefined; // The answer was lost, and who waited for it has gone.
      }
    });
  }

  async pay(url: string, card: keyof typeof CARDS, email = this.email): Promise<void> {
    await this.wait(this.#random.between(0, 8));
    const form = {
      email,
      card_number: CARDS[card],
      exp: "12 / 39",
      cvc: "123",
      name: "Ada Lovelace",
      country: "US",
      state: "OR",
      postal_code: "97201",
    };
    await this.do(() => fetch(url, { method: "POST", redirect: "manual", body: new URLSearchParams(form) }));
  }

  async changeEmail(email = this.nextEmail): Promise<void> {
    await this.#shop.database.query("update auth.users set email = $2 where id = $1", [this.id, email]);
    this.#shop.leftEmails.push(this.email);
    this.email = email;
    if (this.#isConfirmed) this.#confirm();
  }

  /** Takes an address that was somebody else's, and shows after a while that it is theirs now, if their own was not shown to be. */
  async takeLeftEmail(seconds: number): Promise<void> {
    const email = this.#shop.leftEmails.shift();
    if (!email) return;
    await this.changeEmail(email);
    await this.wait(seconds);
    if (!this.#isConfirmed && !this.deleted) await this.confirmEmail();
  }

  /** The product says how many use it: members of theirs, or of their organisation. */
  async useSeats(seats: number, group = ""): Promise<void> {
    this.seats.push(Math.max(1, seats));
    await this.#shop.database.query("select billing.set_seats($1, $2, $3, $4)", [
      this.organizationId ? "organization" : "user",
      this.payer,
      seats,
      group,
    ]);
  }

  async confirmEmail(): Promise<void> {
    this.#confirm();
    await this.#shop.database.query("update auth.users set email_confirmed_at = now() where id = $1", [this.id]);
  }

  async leave(): Promise<void> {
    this.deleted = true;
    await this.#shop.database.query("delete from auth.users where id = $1", [this.id]);
  }

  /** Does something at Stripe to each subscription that runs. */
  async withSubscriptions(act: (stripe: Stripe, subscription: Stripe.Subscription) => Promise<unknown>): Promise<void> {
    await this.do(async () => {
      for (const subscription of await this.subscriptions()) {
        // What Stripe refuses was no more possible by then.
        if (!["canceled", "incomplete_expired"].includes(subscription.status))
          await act(this.#shop.stripe, subscription).catch(onlyRefused);
      }
    });
  }

  /** Pays with another card from now on. */
  async useCard(method: string): Promise<void> {
    await this.do(async () => {
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
        email?.toLowerCase() === this.email,
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

  /** Does something as a person does: without any machine that may die. */
  do<Result>(work: () => Promise<Result>): Promise<Result> {
    return runOn(this.#machine, work);
  }
}
