import { CheckoutAnswer, CheckoutSummary, RedirectAnswer } from "@turnpike/core/checkout/schema";
import { ErrorAnswer } from "@turnpike/core/errors/schema";
import { HealthAnswer } from "@turnpike/core/health/schema";
import {
  ChangedMeanwhile,
  ChangePreview,
  NextPayment,
  PaymentRefusal,
  SubscriptionState,
} from "@turnpike/core/plan-change/schema";
import { ReceivedAnswer } from "@turnpike/core/webhook/schema";
import * as z from "zod";

const answers = {
  RedirectAnswer,
  CheckoutAnswer,
  CheckoutSummary,
  HealthAnswer,
  ReceivedAnswer,
  ErrorAnswer,
  ChangePreview,
  NextPayment,
  SubscriptionState,
  ChangedMeanwhile,
  PaymentRefusal,
};

// Said here and not where they are declared, so that no function loads these words.
z.globalRegistry.add(CheckoutSummary.shape.amountTotal, { description: "In the smallest unit of the currency." });
const said: [keyof typeof ChangePreview.shape, string][] = [
  ["token", "Makes just this change, for half an hour: POST /api/subscriptions/change."],
  ["effective", "At once, or with the next period."],
  ["amountDue", "What is charged at once, in the smallest unit of the currency."],
  [
    "total",
    "Of what is invoiced at once: after discounts and with taxes, before credit. Negative: to the customer's credit.",
  ],
  ["tax", "Those that the prices include, too."],
  ["credit", "What is left to the customer's credit afterwards."],
  ["lines", "What is invoiced at once, each before discounts; ten at the most."],
  ["next", "What is charged with the next period, if nothing changes until then."],
];
for (const [name, description] of said) z.globalRegistry.add(ChangePreview.shape[name], { description });
z.globalRegistry.add(CheckoutSummary.shape.currency, { description: "ISO 4217, lower case." });

/** What programs tell refusals by: named, since it is in several of them. */
const ErrorCode = ErrorAnswer.shape.code;

/** The document's schemas of answers. */
export function schemas(): Record<string, object> {
  const ofAnswers = Object.fromEntries(Object.entries(answers).map(([name, schema]) => [name, schemaOf(schema)]));
  return { ErrorCode: { type: "string", enum: ErrorCode.options }, ...ofAnswers };
}

/** A JSON response with one of them. */
export function answer(description: string, schema: keyof typeof answers) {
  return { description, content: { "application/json": { schema: { $ref: `#/components/schemas/${schema}` } } } };
}

/** A schema of the product as JSON Schema. */
export function schemaOf(schema: z.core.$ZodType) {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: "input",
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema === ErrorCode) {
        delete jsonSchema.type;
        delete jsonSchema.enum;
        jsonSchema.$ref = "#/components/schemas/ErrorCode";
      }
      // The largest integer of JavaScript limits nothing that is an amount.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return rest;
}
