import { moveClock } from "@turnpike/stripe-emulator/testing";
import type { Page } from "playwright-core";
import { exampleOf } from "../documented.ts";
import { customerOf, mirrored, sellPlan, subscribe } from "../visitor.ts";
import type { Person, World } from "../world.ts";

/** A page in one of its states: how it comes to be, and what shows that it is there. */
export interface State {
  name: string;
  path: string;
  /** Whose browser it is; nobody's, where it is absent. */
  person?: Person;
  shows: string | RegExp;
  /** What is done on it first. */
  act?: (page: Page) => Promise<void>;
  /** As it is before anything has answered. */
  isWaiting?: boolean;
}

/** What is longest, in a language that joins words. */
const WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft";

const submit = (name: string, fields: Record<string, string>) => async (page: Page) => {
  for (const [label, text] of Object.entries(fields)) await page.getByLabel(label).fill(text);
  await page.getByRole("button", { name }).click();
};

/** @param email has an account: the mailbox has what is sent to it */
function ofGuests(email: string): State[] {
  return [
    { name: "pricing", path: "/pricing", shows: "Recommended" },
    {
      name: "pricing-yearly",
      path: "/pricing",
      shows: "Recommended",
      act: (page) => page.getByText("Yearly", { exact: true }).click(),
    },
    { name: "pricing-canceled", path: "/pricing?canceled=true", shows: "Checkout was canceled." },
    { name: "pricing-refused", path: "/pricing?problem=price_not_for_sale", shows: "This offer has just ended." },
    { name: "sign-in", path: "/sign-in", shows: "Welcome back" },
    {
      name: "sign-in-refused",
      path: "/sign-in",
      shows: "Welcome back",
      act: async (page) => {
        await submit("Sign in", { "E-mail": email, Password: "wrong horse battery" })(page);
        await page.getByRole("alert").waitFor();
      },
    },
    { name: "sign-in-ended", path: "/sign-in?problem=unauthenticated", shows: "Your session has ended." },
    { name: "sign-up", path: "/sign-up", shows: "Create your account" },
    {
      name: "link-expired",
      path: "/sign-in?error=access_denied&error_code=otp_expired",
      shows: "This link has been used",
    },
    {
      name: "pricing-link-expired",
      path: "/#error=access_denied&error_code=otp_expired",
      shows: "This link has been used",
    },
    { name: "sign-in-by-email", path: "/sign-in-by-email", shows: "Sign in without a password" },
    {
      name: "check-your-email",
      path: "/reset-password",
      shows: /^(Forgot your password\?|Check your e-mail)$/,
      act: async (page) => {
        // The browser's history holds that it was sent.
        if (await page.getByLabel("Code from the e-mail").isVisible()) return;
        await submit("Send the e-mail", { "E-mail": email })(page);
        await page.getByText("an e-mail is on its way").waitFor();
      },
    },
    { name: "new-password", path: "/new-password", shows: "Send a new link" },
    { name: "success-unknown", path: "/success?session_id=cs_test_forged", shows: "We cannot find this purchase" },
    { name: "not-found", path: "/nowhere", shows: "There is no such page" },
    { name: "pricing-waiting", path: "/pricing", shows: "Loading the plans…", isWaiting: true },
    { name: "success-waiting", path: "/success?session_id=cs_1", shows: "Looking up your purchase…", isWaiting: true },
    { name: "local", path: "/_local", shows: "Ledger" },
  ];
}

/** Somebody with a subscription of their own. */
async function holder(world: World, priceId: string, params: object = {}) {
  const person = await world.signUp();
  const customer = await customerOf(world, person);
  const subscription = await subscribe(world, customer.id, priceId, params);
  return { person, customer, subscription };
}

/** What somebody without an account has just paid. */
async function bought(world: World): Promise<State> {
  const body = {
    priceId: (await world.priceOf("credits_1000")).id,
    mode: "payment",
    successUrl: `${world.url}/success?session_id={CHECKOUT_SESSION_ID}`,
    cancelUrl: `${world.url}/pricing`,
  };
  const json = { "content-type": "application/json" };
  const answer = await world.request("POST", "/api/stripe/create-checkout", json, JSON.stringify(body));
  const { url } = (await answer.json()) as { url: string };
  await world.pay(url);
  const path = `/success?session_id=${/cs_\w+/.exec(url)?.[0]}`;
  return { name: "success", path, shows: "Thank you, you are all set" };
}

/** Somebody who manages the billing of an organisation, too. */
async function ofManager(world: World, priceId: string): Promise<State> {
  for (const statement of exampleOf("docs/organizations.md")) await world.local.query(statement);
  const person = await world.signUp();
  const [acme] = await world.local.query<{ id: string }>(
    "insert into organizations (name) values ('Acme') returning id",
  );
  await world.local.query("insert into members values ($1, $2, 'owner')", [acme?.id, person.id]);
  const metadata = { organization_id: acme?.id ?? "" };
  const customer = await world.stripe.customers.create({ name: "Acme", email: person.email, metadata });
  const { id } = await world.stripe.paymentMethods.attach("pm_card_visa", { customer: customer.id });
  await world.stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: id } });
  await subscribe(world, customer.id, priceId);
  return { name: "account-organization", path: "/account", person, shows: "Paid with Visa" };
}

async function ofHolders(world: World): Promise<State[]> {
  const [starter, pro] = [await world.priceOf("starter_monthly"), await world.priceOf("pro_monthly")];
  const yearly = await world.priceOf("starter_yearly");
  const fresh = await world.signUp();
  const active = await holder(world, starter.id);
  const ending = await holder(world, pro.id);
  await world.stripe.subscriptions.update(ending.subscription.id, { cancel_at_period_end: true });
  await mirrored(world, "user_subscriptions", ending.subscription.id, "cancel_at_period_end", "true");
  const trial = await holder(world, pro.id, { trial_period_days: 14 });
  const bare = await world.signUp();
  const { id: cardless } = await world.stripe.customers.create({ email: bare.email, metadata: { user_id: bare.id } });
  const unlessCard = { trial_settings: { end_behavior: { missing_payment_method: "cancel" } } };
  await subscribe(world, cardless, pro.id, { trial_period_days: 14, ...unlessCard });
  const begun = await holder(world, pro.id, { payment_behavior: "default_incomplete" });
  const late = await holder(world, pro.id);
  await late.customer.useCard("pm_card_chargeCustomerFail");
  const inFiveWeeks = Math.floor(Date.now() / 1000) + 35 * 24 * 60 * 60;
  await moveClock(world.stripe, late.customer.clock, inFiveWeeks);
  await mirrored(world, "user_subscriptions", late.subscription.id, "status", "past_due");
  return [
    { name: "pricing-held", path: "/pricing", person: active.person, shows: "Your plan" },
    { name: "pricing-overdue", path: "/pricing", person: late.person, shows: "Pay what is due" },
    { name: "account-new", path: "/account", person: fresh, shows: "You have no plan yet." },
    {
      name: "account-link-used",
      path: "/account#error=access_denied&error_code=otp_expired",
      person: fresh,
      shows: /You are signed in as/,
    },
    { name: "account", path: "/account", person: active.person, shows: "Paid with Visa" },
    { name: "account-ending", path: "/account", person: ending.person, shows: /^Ends on/ },
    { name: "account-trial", path: "/account", person: trial.person, shows: "Paid with Visa" },
    { name: "account-trial-cardless", path: "/account", person: bare, shows: /unless you add a card\.$/ },
    { name: "account-incomplete", path: "/account", person: begun.person, shows: "Confirm the payment" },
    { name: "account-overdue", path: "/account", person: late.person, shows: "Paid with Visa" },
    { name: "change", path: "/change", person: active.person, shows: "This is what you have." },
    { name: "change-previewed", path: `/change?price=${pro.id}`, person: active.person, shows: "Next payment" },
    {
      name: "change-trial-cardless",
      path: `/change?price=${starter.id}`,
      person: bare,
      shows: "There is no card to charge, and nothing is charged.",
    },
    { name: "change-ending", path: "/change", person: ending.person, shows: /^It ends on/ },
    { name: "cancel", path: "/cancel", person: active.person, shows: /^You keep Starter until/ },
    {
      name: "change-yearly",
      path: `/change?price=${yearly.id}`,
      person: active.person,
      shows: "Starter, monthly → yearly",
    },
    { name: "cancel-trial", path: "/cancel", person: trial.person, shows: /^Your trial of Pro goes on until/ },
    { name: "settings", path: "/settings", person: active.person, shows: "Delete your account" },
    await ofManager(world, pro.id),
    { name: "account-waiting", path: "/account", person: fresh, shows: "Loading your account…", isWaiting: true },
    { name: "change-waiting", path: "/change", person: fresh, shows: "Loading your plan…", isWaiting: true },
  ];
}

/** Those that have what is longest in them. It is on sale from then on. */
export async function makeLongStates(world: World): Promise<State[]> {
  const { productId, priceId } = await sellPlan(world, WORD, { metadata: { min_quantity: "2", max_quantity: "20" } });
  const product = { marketing_features: [{ name: WORD }], description: WORD };
  await world.stripe.products.update(productId, {
    ...product,
    metadata: { compare_1: `${WORD}: ${WORD}`, faq_1: `${WORD}? ${WORD}` },
  });
  const { person } = await holder(world, priceId, { items: [{ price: priceId, quantity: 2 }] });
  return [
    { name: "long-pricing", path: "/pricing", person, shows: "Manage plan" },
    { name: "long-change", path: `/change?price=${priceId}&quantity=3`, person, shows: "Next payment" },
    { name: "long-cancel", path: "/cancel", person, shows: "Cancel your plan" },
    { name: "long-account", path: "/account", person, shows: "Paid with Visa" },
  ];
}

/** Every page in every state that a visitor meets. */
export async function makeStates(world: World): Promise<State[]> {
  return [...ofGuests((await world.signUp()).email), await bought(world), ...(await ofHolders(world))];
}
