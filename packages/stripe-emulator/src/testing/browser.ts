import type { Browser } from "playwright-core";

/** A headless Chromium that comes from npm. */
export async function openBrowser(): Promise<Browser> {
  // Loaded late: most tests that use this package's testing face open no browser.
  const [{ default: chromium }, { chromium: playwright }] = await Promise.all([
    import("@sparticuz/chromium"),
    import("playwright-core"),
  ]);
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    // In a single process, closing one page ends them all.
    args: [...chromium.args.filter((arg) => arg !== "--single-process"), "--disable-background-networking"],
    headless: true,
  });
}
