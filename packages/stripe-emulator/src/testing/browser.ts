import chromium from "@sparticuz/chromium";
import { type Browser, chromium as playwright } from "playwright-core";

/** A headless Chromium that comes from npm. */
export async function openBrowser(): Promise<Browser> {
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    // In a single process, closing one page ends them all.
    args: [...chromium.args.filter((arg) => arg !== "--single-process"), "--disable-background-networking"],
    headless: true,
  });
}
