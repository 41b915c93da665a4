import { CheckoutSummary, RedirectAnswer } from "@turnpike/core/checkout/schema";
import { ErrorAnswer } from "@turnpike/core/errors/schema";
import { HealthAnswer } from "@turnpike/core/health/schema";
import { ReceivedAnswer } from "@turnpike/core/webhook/schema";
import * as z from "zod";

const answers = { RedirectAnswer, CheckoutSummary, HealthAnswer, ReceivedAnswer, ErrorAnswer };

// Said here and not where they are declared, so that no function loads these words.
z.globalRegistry.add(CheckoutSummary.shape.amountTotal, { description: "In the smallest unit of the currency." });
z.globalRegistry.add(CheckoutSummary.shape.currency, { description: "ISO 4217, lower case." });

/** The document's schemas of answers. */
export function schemas(): Record<string, object> {
  return Object.fromEntries(Object.entries(answers).map(([name, schema]) => [name, schemaOf(schema)]));
}

/** A JSON response with one of them. */
export function answer(description: string, schema: keyof typeof answers) {
  return { description, content: { "application/json": { schema: { $ref: `#/components/schemas/${schema}` } } } };
}

/** A schema of the product as JSON Schema. */
export function schemaOf(schema: z.core.$ZodType) {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: "input",
    override: ({ jsonSchema }) => {
      // The largest integer of JavaScript limits nothing that is an amount.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return rest;
}
