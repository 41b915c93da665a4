import { expect, test } from "vitest";
import { comparisonOf, isRecommended, questionsOf } from "./presentation.ts";
import { aProduct } from "./testing/samples.ts";

const starter = aProduct({
  metadata: {
    compare_2: "Seats: 1",
    compare_1: "Projects: 3",
    faq_2: "Can I cancel? Yes. Why not?",
    compare_9: "nothing",
  },
});
const pro = aProduct({
  id: "prod_pro",
  metadata: {
    recommended: " True ",
    compare_1: "Projects: no limit",
    compare_10: "Time: 9:00 to 17:00",
    faq_1: "Is there a contract? No.",
    faq_2: "Can I cancel? Yes. Why not?",
    faq_3: "No question",
    faq_4: 7,
  },
});
const plain = aProduct({ id: "prod_plain", metadata: null });

test("products are compared in the order of their numbers, by what they say under the same name", () => {
  expect(comparisonOf([starter, pro, plain])).toEqual([
    { label: "Projects", values: ["3", "no limit", undefined] },
    { label: "Seats", values: ["1", undefined, undefined] },
    { label: "Time", values: [undefined, "9:00 to 17:00", undefined] },
  ]);
});

test("a question is asked once, in order, and ends with its question mark", () => {
  expect(questionsOf([starter, pro, plain])).toEqual([
    { question: "Is there a contract?", answer: "No." },
    { question: "Can I cancel?", answer: "Yes. Why not?" },
  ]);
});

test("what is recommended says so", () => {
  expect([starter, pro, plain].map(isRecommended)).toEqual([false, true, false]);
});
