/** A table in Markdown, with columns as wide as they need to be. */
export function table(head: (string | number)[], rows: (string | number)[][]): string {
  const lines = [head, head.map(() => "---"), ...rows].map((cells) => cells.map(String));
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  return lines
    .map(
      (cells) =>
        `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0, cell === "---" ? "-" : " ")).join(" | ")} |`,
    )
    .join("\n");
}
