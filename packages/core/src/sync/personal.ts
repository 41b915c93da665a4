import type { AuditedDifference } from "./audit.ts";
import type { Difference } from "./compare.ts";

/** What these hold may be about a person, or open somebody's invoice: nobody is told more than that they differ. */
const PERSONAL = new Set([
  "email",
  "name",
  "customer_email",
  "metadata",
  "description",
  "last4",
  "hosted_invoice_url",
  "invoice_pdf",
  "receipt_url",
  "pdf",
]);

/** What may be said of a difference. */
export function publicOf({
  id,
  kind,
  columns,
  stripe,
  mirror,
}: Difference & Pick<AuditedDifference, "kind">): AuditedDifference {
  return {
    id,
    kind,
    columns: columns.map((column) =>
      PERSONAL.has(column)
        ? { column, stripe: "differs", mirror: "differs" }
        : { column, stripe: stripe?.[column] ?? null, mirror: mirror?.[column] ?? null },
    ),
  };
}
