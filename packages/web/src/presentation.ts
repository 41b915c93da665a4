import type { Product } from "./catalogue.ts";

// What a shop says about its products in their metadata: docs/pricing-page.md.

/** A row of the comparison, with what each product says there; nothing where it does not say. */
export interface Comparison {
  label: string;
  values: (string | undefined)[];
}

export interface Question {
  question: string;
  answer: string;
}

export function isRecommended({ metadata }: Product): boolean {
  return textOf(metadata, "recommended")?.toLowerCase() === "true";
}

/** From `compare_1`, `compare_2`, … with texts such as "Projects: 3". */
export function comparisonOf(products: Product[]): Comparison[] {
  const said = products.map((product) =>
    numbered(product, "compare").flatMap(({ number, text }) => {
      const [, label = "", value = ""] = /^([^:]+):(.+)$/s.exec(text) ?? [];
      return label.trim() && value.trim() ? [{ number, label: label.trim(), value: value.trim() }] : [];
    }),
  );
  const labels = inOrder(said.flat()).map(({ label }) => label);
  return [...new Set(labels)].map((label) => ({
    label,
    values: said.map((rows) => rows.find((row) => row.label === label)?.value),
  }));
}

/** From `faq_1`, `faq_2`, … with texts such as "Can I cancel? Yes, whenever you like." One that several products have is asked once. */
export function questionsOf(products: Product[]): Question[] {
  const asked = products.flatMap((product) =>
    numbered(product, "faq").flatMap(({ number, text }) => {
      const [, question = "", answer = ""] = /^([^?]+\?)(.+)$/s.exec(text) ?? [];
      return question.trim() && answer.trim() ? [{ number, question: question.trim(), answer: answer.trim() }] : [];
    }),
  );
  return [...new Map(inOrder(asked).map(({ question, answer }) => [question, { question, answer }])).values()];
}

const inOrder = <Each extends { number: number }>(all: Each[]) => [...all].sort((a, b) => a.number - b.number);

function numbered({ metadata }: Product, name: string): { number: number; text: string }[] {
  return Object.keys(recordOf(metadata)).flatMap((key) => {
    const number = new RegExp(`^${name}_(\\d{1,3})$`).exec(key)?.[1];
    const text = textOf(metadata, key);
    return number && text ? [{ number: Number(number), text }] : [];
  });
}

function textOf(metadata: Product["metadata"], key: string): string | undefined {
  const text = recordOf(metadata)[key];
  return typeof text === "string" && text.trim() ? text.trim() : undefined;
}

const recordOf = (metadata: Product["metadata"]) =>
  metadata !== null && typeof metadata === "object" && !Array.isArray(metadata) ? metadata : {};
