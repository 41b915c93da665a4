import type { ChangePreview } from "@turnpike/core/plan-change/schema";

export interface BillRow {
  label: string;
  amount: number;
}

/** What is invoiced at once, row by row: together they are what is charged. */
export function billOf({ lines, discount, tax, total, amountDue, effective }: ChangePreview): BillRow[] {
  if (effective === "period_end" || lines.length === 0) return [];
  const onTop = total + discount - lines.reduce((sum, { amount }) => sum + amount, 0);
  const rows = [
    ...lines.map(({ description, amount }) => ({ label: description, amount })),
    { label: "Discount", amount: -discount },
    // Of what the prices include nothing is added.
    ...(onTop === tax ? [{ label: "Tax", amount: tax }] : []),
    total < 0 ? { label: "To your credit", amount: -total } : { label: "From your balance", amount: amountDue - total },
  ];
  return rows.filter(({ amount }, place) => place < lines.length || amount !== 0);
}

/** Whether a whole new period is paid today, as with another interval: not the difference for the rest of one. */
export const beginsAnew = ({ effective, lines, next }: ChangePreview): boolean =>
  effective === "now" && lines.some(({ proration, periodEnd }) => !proration && periodEnd === next.at);

/** The tax that the rows have in them. */
export function includedTax(preview: ChangePreview): number {
  return billOf(preview).some(({ label }) => label === "Tax") ? 0 : preview.tax;
}
