import { readdirSync, readFileSync } from "node:fs";
import type { CreateCheckout } from "@turnpike/core/checkout/schema";
import type { CreatePortal } from "@turnpike/core/portal/schema";
import type { Database } from "@turnpike/core/supabase";
import { expect, expectTypeOf, test } from "vitest";
import type { portalBody } from "./button-account.tsx";
import type { checkoutBody } from "./button-checkout.tsx";
import type { PaymentRow, SubscriptionRow } from "./rows.ts";

const folder = new URL(".", import.meta.url);
const files = readdirSync(folder).filter((name) => !name.includes(".test."));

test("the buttons ask for what the routes take, though they know none of our types", () => {
  expectTypeOf<ReturnType<typeof checkoutBody>>().toExtend<CreateCheckout>();
  expectTypeOf<ReturnType<typeof portalBody>>().toExtend<CreatePortal>();
});

test("the hooks' rows are those of the tables", () => {
  expectTypeOf<Database["public"]["Tables"]["user_subscriptions"]["Row"]>().toExtend<SubscriptionRow>();
  expectTypeOf<Database["public"]["Views"]["payment_history"]["Row"]>().toExtend<PaymentRow>();
});

test("the folder can be copied: it needs React, and nothing that is not in it", () => {
  expect(files).toContain("button-checkout.tsx");
  for (const name of files) {
    const text = readFileSync(new URL(name, folder), "utf8");
    const imported = [...text.matchAll(/from "([^"]+)"/g)].map(([, from = ""]) => from);
    for (const from of imported) expect(from === "react" || files.includes(from.replace("./", ""))).toBe(true);
    if (name.endsWith("x")) expect(text.startsWith('"use client";')).toBe(true);
  }
});
