import { readEvent } from "@turnpike/core/mirror";
import type Stripe from "stripe";
import { describe, expect, it } from "vitest";
import { event } from "../builders.ts";
import { at, project, row } from "./project.ts";
import { samples } from "./samples.ts";

const USER = "0190163d-8694-739b-aea5-966c26f8ad91";

describe("a customer's row", () => {
  it("shows who it is, how it pays and whose it is", () => {
    expect(project("customer")).toEqual({
      object: "customer",
      object_id: "cus_1",
      row: {
        email: "ada@example.com",
        name: "Ada",
        default_payment_method_id: "pm_1",
        created_at: at(1_700_000_001),
      },
      rank: 0,
      deleted: false,
      owner: { customer_id: "cus_1", email: "ada@example.com", metadata: { user_id: USER } },
    });
    expect(row("customer", { invoice_settings: { default_payment_method: { id: "pm_2" } } })).toMatchObject({
      default_payment_method_id: "pm_2",
    });
  });

  it("may lack all of that", () => {
    const bare = { email: null, name: undefined, invoice_settings: undefined, metadata: undefined, created: undefined };
    const empty = { email: null, name: null, default_payment_method_id: null, created_at: null };
    expect(project("customer", bare)).toMatchObject({ row: empty, owner: undefined });
    expect(
      row("customer", { invoice_settings: { default_payment_method: null } }).default_payment_method_id,
    ).toBeNull();
  });

  it("of one that is deleted keeps nothing but its id", () => {
    const gone = readEvent(event("customer.deleted", samples.customer ?? {}, 1_790_000_000));
    expect(gone?.projection).toEqual({
      object: "customer",
      object_id: "cus_1",
      row: { email: null, name: null, default_payment_method_id: null, created_at: null },
      rank: 0,
      deleted: true,
    });
  });

  it("is its user's by its metadata or its e-mail: Postgres decides", () => {
    expect(project("customer", { email: null }).owner).toEqual({ customer_id: "cus_1", metadata: { user_id: USER } });
    expect(project("customer", { metadata: {} }).owner).toEqual({ customer_id: "cus_1", email: "ada@example.com" });
    expect(project("customer", { metadata: {}, email: "" }).owner).toBeUndefined();
  });
});

describe("the catalogue's rows", () => {
  const PRODUCT = {
    name: "Pro",
    description: "All of it",
    active: true,
    default_price_id: "price_1",
    images: ["https://example.com/1.png"],
    marketing_features: ["Fast", "Safe"],
    metadata: { tier: "2" },
    created_at: at(1_700_000_002),
  };

  it("show a product", () => {
    expect(project("product")).toEqual({
      object: "product",
      object_id: "prod_1",
      row: PRODUCT,
      rank: 0,
      deleted: false,
    });
    expect(row("product", { active: false, default_price: { id: "price_2" } })).toEqual({
      ...PRODUCT,
      active: false,
      default_price_id: "price_2",
    });
    const bare = { description: null, default_price: null, images: undefined, marketing_features: undefined };
    expect(row("product", { ...bare, metadata: undefined })).toEqual({
      ...PRODUCT,
      description: null,
      default_price_id: null,
      images: [],
      marketing_features: [],
      metadata: {},
    });
  });

  const PRICE = {
    product_id: "prod_1",
    active: true,
    nickname: "Pro, monthly",
    lookup_key: "pro_monthly",
    currency: "eur",
    type: "recurring",
    unit_amount: 1500,
    unit_amount_decimal: "1500",
    transform_quantity: { divide_by: 5, round: "up" },
    recurring_interval: "month",
    recurring_interval_count: 3,
    trial_period_days: 14,
    usage_type: "metered",
    tax_behavior: "inclusive",
    currency_options: {
      eur: { unit_amount: 1500, unit_amount_decimal: "1500", tax_behavior: "inclusive" },
      jpy: { unit_amount: 2500, unit_amount_decimal: "2500", tax_behavior: null },
    },
    metadata: { shown: "yes" },
    created_at: at(1_700_000_003),
  };

  it("show a price", () => {
    expect(project("price")).toEqual({ object: "price", object_id: "price_1", row: PRICE, rank: 0, deleted: false });
    expect(row("price", { product: { id: "prod_2" }, active: false })).toEqual({
      ...PRICE,
      product_id: "prod_2",
      active: false,
    });
    const none = {
      recurring_interval: null,
      recurring_interval_count: null,
      trial_period_days: null,
      usage_type: null,
    };
    expect(row("price", { recurring: null, metadata: undefined })).toEqual({ ...PRICE, ...none, metadata: {} });
    expect(row("price", { tax_behavior: undefined })).toEqual({ ...PRICE, tax_behavior: null });
    expect(row("price", { recurring: { interval: "year" } })).toEqual({
      ...PRICE,
      ...none,
      recurring_interval: "year",
    });
  });

  it("fetch a price that does not say what it costs in other currencies", () => {
    const { currency_options: _, ...left } = samples.price as Stripe.Price;
    expect(row("price", { currency_options: undefined })).toEqual({ ...PRICE, currency_options: {} });
    expect(readEvent(event("price.updated", left, 1_790_000_000))?.partial).toBe(true);
    expect(readEvent(event("price.updated", samples.price ?? {}, 1_790_000_000))?.partial).toBe(false);
  });

  it("sell nothing that is deleted", () => {
    for (const name of ["product", "price"]) {
      const gone = readEvent(event(`${name}.deleted` as Stripe.Event.Type, samples[name] ?? {}, 1_790_000_000));
      expect(gone?.projection).toMatchObject({ row: { active: false }, deleted: true });
    }
  });

  it("need the product of a price", () => {
    for (const product of [null, ""])
      expect(() => row("price", { product })).toThrow("price.product: the id is missing");
  });
});
