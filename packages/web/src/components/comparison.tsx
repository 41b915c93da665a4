import type { Product } from "../catalogue.ts";
import { comparisonOf } from "../presentation.ts";

/** What the plans have, beside each other. One that says nothing of itself is not compared. */
export function Comparison({ products }: { products: Product[] }) {
  const compared = products.filter((product) => comparisonOf([product]).length > 0);
  const rows = comparisonOf(compared);
  if (rows.length === 0) return null;
  return (
    <section aria-labelledby="comparison">
      <h2 id="comparison">Compare the plans</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      {/* biome-ignore lint/a11y/useSemanticElements: the section has the heading, too, which does not scroll */}
      <div className="card comparison" role="region" aria-label="The plans, side by side" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <td />
              {compared.map(({ id, name }) => (
                <th key={id} scope="col">
                  <span>{name}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ label, values }) => (
              <tr key={label}>
                <th scope="row">{label}</th>
                {compared.map(({ id }, place) => (
                  <td key={id}>
                    <Value says={values[place]} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Value({ says }: { says: string | undefined }) {
  const answer = says?.toLowerCase();
  if (answer && answer !== "yes" && answer !== "no") return <span>{says}</span>;
  const has = answer === "yes";
  return (
    <>
      <span className={has ? "has" : "has-not"} aria-hidden="true">
        {has ? "✓" : "–"}
      </span>
      <span className="visually-hidden">{has ? "Yes" : "No"}</span>
    </>
  );
}
