import { expect, test } from "vitest";
import { type Fields, ignored, type Schema } from "./api/params.ts";
import { ROUTES } from "./resources/routes.ts";

/** Why a parameter may be taken without effect: none of these changes what anybody pays, or has. */
const REASONS: Record<string, string> = {
  adaptive_pricing: "buyers see the price in the session's own currency",
  account: "Stripe's CLI says whose event it is",
  automatic_payment_methods: "which methods there are depends on the currency",
  billing_mode: "it is flexible, as it is by default",
  custom_text: "words on a page",
  email_type: "no e-mails are sent",
  for_stripecli: "Stripe's CLI says that it is itself",
  locale: "pages are in English",
  login_page: "there is no page to log in",
  mandate_data: "no mandates are kept",
  metadata: "a preview is of no subscription that keeps it",
  off_session: "invoices are charged as if the customer were away, and their challenges wait",
  payment_method_configuration: "which methods there are depends on the currency",
  phone_number_collection: "pages ask for no phone",
  proration_behavior: "nothing was billed yet that could be prorated",
  receipt_email: "no e-mails are sent",
  return_url: "Stripe's CLI is not redirected",
  saved_payment_method_options: "pages show no saved methods",
  shipping: "pages ship nothing",
  statement_descriptor_suffix: "no statements are printed",
  tax_id_collection: "pages ask for no tax id",
  type: "products have one type now",
  validate_location: "places are not looked up",
};

/** The names of what is taken without effect, with the operations that do. */
function ignoredBy(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const walk = ({ fields }: Schema<Fields, string>, operation: string): void => {
    for (const [name, reader] of Object.entries(fields)) {
      if (reader === ignored) found.set(name, [...(found.get(name) ?? []), operation]);
      else if (reader?.within) walk(reader.within, operation);
    }
  };
  for (const { method, path, params } of ROUTES) walk(params, `${method} ${path}`);
  return found;
}

test("no parameter is taken without effect but those that change nothing for anybody", () => {
  const unexplained = [...ignoredBy()].filter(([name]) => REASONS[name] === undefined);
  expect(unexplained).toEqual([]);
});

test("what decides over money is never among them", () => {
  const found = ignoredBy();
  for (const name of ["payment_settings", "liability", "forgive", "quantity", "discounts", "trial_end"])
    expect(found.get(name), name).toBeUndefined();
  const charged = (found.get("off_session") ?? []).filter((operation) => operation.includes("payment_intents"));
  expect(charged).toEqual([]);
});
