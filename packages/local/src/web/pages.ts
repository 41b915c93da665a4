import { readFileSync } from "node:fs";
import { join } from "node:path";
import { splitTarget } from "../gateway/event.ts";

/** The status of each address of a web app, as CloudFront's functions have it: there is a page, or there is none. */
export function readPages(folder: string): (target: string) => 200 | 404 {
  const pages: string[] = JSON.parse(readFileSync(join(folder, "pages.json"), "utf8"));
  return (target) => {
    const { path } = splitTarget(target);
    return pages.includes(path.replace(/(?<=.)\/$/, "")) ? 200 : 404;
  };
}
