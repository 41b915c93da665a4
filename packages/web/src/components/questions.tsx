import type { Product } from "../catalogue.ts";
import { questionsOf } from "../presentation.ts";

/** What visitors ask, and the shop answers in its products. */
export function Questions({ products }: { products: Product[] }) {
  const questions = questionsOf(products);
  if (questions.length === 0) return null;
  return (
    <section aria-labelledby="questions">
      <h2 id="questions">Questions</h2>
      <div className="questions">
        {questions.map(({ question, answer }) => (
          <details key={question} className="card">
            <summary>{question}</summary>
            <p>{answer}</p>
          </details>
        ))}
      </div>
    </section>
  );
}
