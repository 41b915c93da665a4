import type { Page } from "playwright-core";
import { id } from "./builders.ts";
import { customerOf, mirrored, sellPlan, subscribe } from "./visitor.ts";
import type { Person, World } from "./world.ts";

/** A page in one of its states: how it comes to be, and what shows that it is there. */
export interface State {
  name: string;
  path: string;
  /** Whose browser it is; nobody's, where it is absent. */
  person?: Person;
  shows: string | RegExp;
  /** What is done on it first. */
  act?: (page: Page) => Promise<void>;
}

/** What is longest, in a language that joins words. */
const WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft";

const submit = (name: string, fields: Record<string, string>) => async (page: Page) => {
  for (const [label, text] of Object.entries(fields)) await page.getByLabel(label).fill(text);
  await page.getByRole("button", { name }).click();
};

function ofGuests(): State[] {
  const email = `${id("nobody")}@example.com`;
  return [
    { name: "pricing", path: "/pricing", shows: "Recommended" },
    {
      name: "pricing-yearly",
      path: "/pricing",
      shows: "Recommended",
      act: (page) => page.getByText("Yearly", { exact: true }).click(),
    },
    { name: "pricing-canceled", path: "/pricing?canceled=true", shows: "Checkout was canceled." },
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
    { name: "sign-up", path: "/sign-up", shows: "Create your account" },
    {
      name: "link-expired",
      path: "/sign-in?error=access_denied&error_code=otp_expired",
      shows: "This link has been used",
    },
    { name: "sign-in-by-email", path: "/sign-in-by-email", shows: "Sign in without a password" },
    {
      name: "check-your-email",
      path: "/reset-password",
      shows: "Forgot your password?",
      act: async (page) => {
        await submit("Send the link", { "E-mail": email })(page);
        await page.getByText("a link is on its way").waitFor();
      },
    },
    { name: "new-password", path: "/new-password", shows: "Send a new link" },
    { name: "success-unknown", path: "/success?session_id=cs_test_forged", shows: "We cannot find this purchase" },
    { name: "not-found", path: "/nowhere", shows: "There is no such page" },
  ];
}

/** Somebody with a subscription of their own. */
async function holder(world: World, priceId: string, params: object = {}) {
  const person = await world.signUp();
  const customer = await customerOf(world, person);
  const subscription = await subscribe(world, customer.id, priceId, params);
  return { person, customer, subscription };
}

async function ofHolders(world: World): Promise<State[]> {
  const [starter, pro] = [await world.priceOf("starter_monthly"), await world.priceOf("pro_monthly")];
  const fresh = await world.signUp();
  const active = await holder(world, starter.id);
  const ending = await holder(world, pro.id);
  await world.stripe.subscriptions.update(ending.subscription.id, { cancel_at_period_end: true });
  await mirrored(world, "user_subscriptions", ending.subscription.id, "cancel_at_period_end", "true");
  const trial = await holder(world, pro.id, { trial_period_days: 14 });
  const begun = await holder(world, pro.id, { payment_behavior: "default_incomplete" });
  const late = await holder(world, pro.id);
  await late.customer.useCard("pm_card_chargeCustomerFail");
  const inFiveWeeks = Math.floor(Date.now() / 1000) + 35 * 24 * 60 * 60;
  await world.stripe.testHelpers.testClocks.advance(late.customer.clock, { frozen_time: inFiveWeeks });
  await mirrored(world, "user_subscriptions", late.subscription.id, "status", "past_due");
  return [
    { name: "pricing-held", path: "/pricing", person: active.person, shows: "Your plan" },
    { name: "account-new", path: "/account", person: fresh, shows: "You have no plan yet." },
    { name: "account", path: "/account", person: active.person, shows: "Paid with Visa" },
    { name: "account-ending", path: "/account", person: ending.person, shows: /^Ends on/ },
    { name: "account-trial", path: "/account", person: trial.person, shows: "Paid with Visa" },
    { name: "account-incomplete", path: "/account", person: begun.person, shows: "Confirm the payment" },
    { name: "account-overdue", path: "/account", person: late.person, shows: "Paid with Visa" },
    { name: "change", path: "/change", person: active.person, shows: "This is what you have." },
    { name: "change-previewed", path: `/change?price=${pro.id}`, person: active.person, shows: "Next payment" },
    { name: "change-ending", path: "/change", person: ending.person, shows: /^It ends on/ },
    { name: "cancel", path: "/cancel", person: active.person, shows: /^You keep Starter until/ },
    { name: "settings", path: "/settings", person: active.person, shows: "Delete your account" },
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
  return [...ofGuests(), ...(await ofHolders(world))];
}
