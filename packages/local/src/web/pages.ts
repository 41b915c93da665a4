import { readFileSync } from "node:fs";
import { join } from "node:path";
import { splitTarget } from "../gateway/event.ts";
import type { SiteDescription } from "../stacks/description.ts";

/**
 * The status of each address of a web app, as CloudFront's functions have it: there is a page, or there is none. There is one that shows
 * Checkout where the site has the key for that.
 */
export function readPages(folder: string, { VITE_STRIPE_JS: stripeJs }: SiteDescription["environment"]) {
  const list: string[] = JSON.parse(readFileSync(join(folder, "pages.json"), "utf8"));
  const pages = list.filter((page) => stripeJs || page !== "/checkout");
  return (target: string): 200 | 404 => {
    const { path } = splitTarget(target);
    return pages.includes(path.replace(/(?<=.)\/$/, "")) ? 200 : 404;
  };
}
