import type Stripe from "stripe";
import { invalid } from "../api/errors.ts";
import { arrayOf, boolean, hashOf, oneOf, type ParamsOf, type Reader, schema, text } from "../api/params.ts";
import type { Stored } from "../state/stored.ts";

/** What a payment or setup intent can be done with, as whoever makes it says. */
export const intentMethods = {
  allowed_payment_method_types: arrayOf(oneOf("card", "sepa_debit")),
  automatic_payment_methods: hashOf(
    schema({ allow_redirects: oneOf("always", "never"), enabled: boolean }, ["enabled"]),
  ),
};

const asked = schema(intentMethods);
type Asked = Pick<ParamsOf<typeof asked>, keyof typeof intentMethods>;

interface Methods {
  allowed_payment_method_types: ("card" | "sepa_debit")[] | null;
  automatic_payment_methods: { enabled: true; allow_redirects: "always" | "never" } | null;
}

/** Types that were listed, or the account's settings, which may lead the buyer elsewhere unless the request says otherwise. */
export function methodsOf({
  allowed_payment_method_types: listed,
  automatic_payment_methods: settings,
}: Asked): Methods {
  const { enabled = true, allow_redirects = "always" } = settings ?? {};
  const allowed = listed ?? (enabled ? null : ["card" as const]);
  return {
    allowed_payment_method_types: allowed,
    automatic_payment_methods: allowed === null ? { enabled: true, allow_redirects } : null,
  };
}

/** Stripe's 400 for an address that nobody can be led back to; an app's own scheme is one. */
export const returnAddress: Reader<string> = (value, param) => {
  const address = text(value, param);
  if (URL.canParse(address)) return address;
  throw invalid("Not a valid URL", "url_invalid", param);
};

/** Stripe's 400 for a way back that leads from nowhere: the SDK's comment on `return_url`. */
export function refuseUnusedReturn({ confirm, return_url: returnUrl }: { confirm?: boolean; return_url?: string }) {
  if (confirm || returnUrl === undefined) return;
  throw invalid("The parameter `return_url` can only be used with `confirm=true`.", undefined, "return_url");
}

/** Stripe's 400 for a confirmation that may lead the buyer elsewhere, and not back. */
export function refuseNoReturn(
  automatic: { allow_redirects?: string } | null,
  of: "PaymentIntent" | "SetupIntent",
  returnUrl: string | undefined,
): void {
  if (automatic?.allow_redirects !== "always" || returnUrl !== undefined) return;
  const message = `This ${of} is configured to accept payment methods enabled in your Dashboard. Because some of these payment methods might redirect your customer off of your page, you must provide a \`return_url\`. If you don't want to accept redirect-based payment methods, set \`automatic_payment_methods[enabled]\` to \`true\` and \`automatic_payment_methods[allow_redirects]\` to \`never\` when creating Setup Intents and Payment Intents.`;
  throw invalid(message, undefined, "return_url");
}

/** Stripe's 400 for a method of a type that the intent is not for. */
export function refuseOtherType(
  { type }: Pick<Stored<Stripe.PaymentMethod>, "type">,
  types: readonly string[],
  of: "PaymentIntent" | "SetupIntent",
): void {
  if (types.includes(type)) return;
  const message = `The PaymentMethod provided (${type}) is not allowed for this ${of}. Please attach a PaymentMethod of one of the following types: ${types.join(", ")}. Alternatively update the allowed payment_method_types for this ${of} to include "${type}".`;
  throw invalid(message, undefined, "payment_method");
}
