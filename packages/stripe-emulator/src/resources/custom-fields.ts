import type Stripe from "stripe";
import { invalid, missingParameter } from "../api/errors.ts";
import { arrayOf, atMost, boolean, type Fields, hashOf, integerIn, oneOf, type Reader, schema } from "../api/params.ts";
import type { Stored } from "../state/stored.ts";

export type CustomField = Stored<Stripe.Checkout.Session>["custom_fields"][number];
type Asked = ReturnType<typeof customFields>[number];

/** The most that a buyer can type: https://docs.stripe.com/payments/checkout/custom-fields */
const LONGEST = 255;

const alphanumeric =
  (length: number): Reader<string> =>
  (value, param) => {
    const word = atMost(length)(value, param);
    if (/^[a-z0-9]+$/i.test(word)) return word;
    throw invalid("This value must only contain alphanumeric characters.", undefined, param);
  };

const length = integerIn(1, LONGEST);
const typed = hashOf(
  schema({ default_value: atMost(LONGEST), maximum_length: length, minimum_length: length } satisfies Fields<
    keyof Stripe.Checkout.SessionCreateParams.CustomField.Text
  >),
);
const option = hashOf(schema({ label: atMost(100), value: alphanumeric(100) }, ["label", "value"]));
const dropdown = hashOf(schema({ default_value: atMost(100), options: arrayOf(option) }, ["options"]));

export const customFields = arrayOf(
  hashOf(
    schema(
      {
        dropdown,
        key: alphanumeric(200),
        label: hashOf(schema({ custom: atMost(100), type: oneOf("custom") }, ["custom", "type"])),
        numeric: typed,
        optional: boolean,
        text: typed,
        type: oneOf("dropdown", "numeric", "text"),
      } satisfies Fields<keyof Stripe.Checkout.SessionCreateParams.CustomField>,
      ["key", "label", "type"],
    ),
  ),
);

const MOST_FIELDS = 3;
const MOST_OPTIONS = 200;

/** The fields as the session shows them, unfilled; 400 for what no buyer could fill in (the SDK's comments on `custom_fields`). */
export function customFieldsOf(asked: readonly Asked[] = []): CustomField[] {
  refuseMany(asked, MOST_FIELDS, "custom_fields");
  refuseTwice(asked, "key", "custom_fields");
  return asked.map((field, index) => {
    const { key, label, optional = false, type } = field;
    const param = `custom_fields[${index}]`;
    const foreign = (["dropdown", "numeric", "text"] as const).find((other) => other !== type && field[other]);
    if (foreign !== undefined) {
      const message = `You can only set \`${foreign}\` for a custom field whose \`type\` is \`${foreign}\`.`;
      throw invalid(message, undefined, `${param}[${foreign}]`);
    }
    const shown =
      type === "dropdown" ? { dropdown: dropdownOf(field, param) } : { [type]: typedOf(field, type, param) };
    return { key, label, optional, type, ...shown };
  });
}

function dropdownOf({ dropdown: asked }: Asked, param: string): NonNullable<CustomField["dropdown"]> {
  const { default_value: chosen = null, options = [] } = asked ?? {};
  const at = `${param}[dropdown]`;
  if (options.length === 0) throw missingParameter(`${at}[options]`);
  refuseMany(options, MOST_OPTIONS, `${at}[options]`);
  refuseTwice(options, "value", `${at}[options]`);
  if (chosen !== null && !options.some(({ value }) => value === chosen))
    throw invalid("`default_value` must match the `value` of an option.", undefined, `${at}[default_value]`);
  return { default_value: chosen, options, value: null };
}

function typedOf(field: Asked, type: "numeric" | "text", param: string): NonNullable<CustomField["text"]> {
  const { default_value: given = null, maximum_length: most = null, minimum_length: least = null } = field[type] ?? {};
  if ((least ?? 0) > (most ?? LONGEST)) {
    const message = "`minimum_length` must be less than or equal to `maximum_length`.";
    throw invalid(message, undefined, `${param}[${type}][minimum_length]`);
  }
  const shown = { default_value: given, maximum_length: most, minimum_length: least, value: null };
  const misfit = given === null ? undefined : misfitOf(type, shown, given);
  if (misfit !== undefined) throw invalid(misfit, undefined, `${param}[${type}][default_value]`);
  return shown;
}

/** What is wrong with what was typed; undefined: nothing. */
export function misfitOf(
  type: "numeric" | "text",
  {
    maximum_length: most,
    minimum_length: least,
  }: Pick<NonNullable<CustomField["text"]>, "maximum_length" | "minimum_length">,
  value: string,
): string | undefined {
  if (type === "numeric" && !/^\d+$/.test(value)) return "Enter digits only.";
  const [fewest, longest] = [least ?? 0, most ?? LONGEST];
  if (value.length < fewest) return `Enter at least ${fewest} characters.`;
  return value.length > longest ? `Enter at most ${longest} characters.` : undefined;
}

function refuseMany(asked: readonly unknown[], most: number, param: string): void {
  if (asked.length > most) throw invalid(`Array ${param} exceeded maximum ${most} allowed elements.`, undefined, param);
}

function refuseTwice<K extends string>(asked: readonly Record<K, string>[], name: K, param: string): void {
  const index = asked.findIndex((each, at) => asked.slice(0, at).some((before) => before[name] === each[name]));
  if (index !== -1) throw invalid(`Each \`${name}\` must be unique.`, undefined, `${param}[${index}][${name}]`);
}
