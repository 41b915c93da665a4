import { expect, test } from "vitest";
import { type Buyer, holdingOf, itemOfGroup, trialOf } from "./buyer.ts";
import { aPrice, aProduct, aSubscription, itemOf } from "./testing/samples.ts";

const pro = aProduct();
const team = aProduct({ id: "prod_team", name: "Team" });
const hosting = aProduct({ id: "prod_hosting", name: "Hosting", metadata: { subscription_group: " hosting " } });
const domains = aProduct({ id: "prod_domains", name: "Domains", metadata: { subscription_group: "hosting" } });
const products = [pro, team, hosting, domains];
const tried = aPrice({ trial_period_days: 14 });

const guest: Buyer = { signedIn: false, subscriptions: [], purchasesKnown: true };
const userWith = (...subscriptions: Buyer["subscriptions"]): Buyer => ({
  signedIn: true,
  subscriptions,
  purchasesKnown: true,
});
const ended = { status: "canceled", is_live: false };

test("a trial is promised to a user who never had one, and to a guest who signs in", () => {
  expect(trialOf(tried, userWith(), pro, products)).toEqual({ days: 14, needsAccount: false });
  expect(trialOf(tried, guest, pro, products)).toEqual({ days: 14, needsAccount: true });
  expect(trialOf(aPrice(), userWith(), pro, products)).toBeUndefined();
});

test("no trial is promised to a user whose purchases are not all known", () => {
  expect(trialOf(tried, { ...userWith(), purchasesKnown: false }, pro, products)).toBeUndefined();
  expect(trialOf(tried, { ...guest, purchasesKnown: false }, pro, products)).toEqual({ days: 14, needsAccount: true });
});

test("a trial is had once, of whichever plan of the group, however it ended", () => {
  const had = aSubscription({ ...ended, trial_start: "2026-01-01T00:00:00+00:00" });
  expect(trialOf(tried, userWith(had), pro, products)).toBeUndefined();
  expect(trialOf(tried, userWith(had), team, products)).toBeUndefined();
  expect(trialOf(tried, userWith(had), hosting, products)).toEqual({ days: 14, needsAccount: false });
  expect(trialOf(tried, userWith(aSubscription(ended)), pro, products)).toEqual({ days: 14, needsAccount: false });
});

test("plans exclude each other unless their products say that they stand beside each other", () => {
  const held = aSubscription();
  expect(holdingOf(userWith(held), team, products)).toBe(held);
  expect(holdingOf(userWith(held), hosting, products)).toBeUndefined();
  const both = aSubscription({ items: [itemOf("prod_hosting"), itemOf("prod_team")] });
  expect(holdingOf(userWith(both), pro, products)).toBe(both);
  expect(holdingOf(userWith(both), hosting, products)).toBe(both);
  expect(holdingOf(userWith(both), domains, products)).toBe(both);
});

test("of several that a subscription holds, a product is its own item; another plan of the group is any", () => {
  const [first, own] = [itemOf("prod_1"), itemOf("prod_team")];
  expect(itemOfGroup(aSubscription({ items: [first, own] }), team, products)).toBe(own);
  expect(itemOfGroup(aSubscription({ items: [first] }), team, products)).toBe(first);
});

test("what ended stands in no way, what was begun and not paid does", () => {
  expect(holdingOf(userWith(aSubscription(ended)), pro, products)).toBeUndefined();
  const begun = aSubscription({ status: "incomplete", is_live: false });
  expect(holdingOf(userWith(begun), team, products)).toBe(begun);
});

test("a plan that can no longer be read is in the group of those that name none", () => {
  const gone = aSubscription({ items: [itemOf("prod_gone")] });
  expect(holdingOf(userWith(gone), pro, products)).toBe(gone);
  expect(holdingOf(userWith(gone), hosting, products)).toBeUndefined();
});
