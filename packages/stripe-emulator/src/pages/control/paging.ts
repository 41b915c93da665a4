import { html } from "hono/html";
import type { Markup } from "../layout.ts";

const ROWS_PER_PAGE = 25;

export interface Page<T> {
  shown: T[];
  links: Markup | string;
}

/** One page of many rows, and the way to the others. `query` is that of the address; `page` in it counts from 1. */
export function pageOf<T>(rows: readonly T[], query: URLSearchParams): Page<T> {
  const pages = Math.max(1, Math.ceil(rows.length / ROWS_PER_PAGE));
  const asked = Math.trunc(Number(query.get("page"))) || 1;
  const page = Math.min(Math.max(asked, 1), pages);
  const shown = rows.slice((page - 1) * ROWS_PER_PAGE, page * ROWS_PER_PAGE);
  if (pages === 1) return { shown, links: "" };
  const link = (to: number, label: string, rel: string) => {
    const others = [...query].filter(([name]) => name !== "page" && name !== "said");
    return html`<a href="?${new URLSearchParams([...others, ["page", String(to)]])}" rel="${rel}">${label}</a>`;
  };
  const links = html`<nav class="pages" aria-label="Pages">${page > 1 ? link(page - 1, "← Newer", "prev") : ""}
<span class="soft">Page ${page} of ${pages}</span>${page < pages ? link(page + 1, "Older →", "next") : ""}</nav>`;
  return { shown, links };
}
