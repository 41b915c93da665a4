import type { Browser } from "playwright-core";

/** A headless browser: Chromium from npm, which has it for Linux on x64 only; elsewhere the Chrome that is installed. */
export async function openBrowser(...more: string[]): Promise<Browser> {
  // Loaded late: most tests that use this package's testing face open no browser.
  const { chromium: playwright } = await import("playwright-core");
  if (process.platform !== "linux" || process.arch !== "x64")
    return playwright.launch({ channel: "chrome", args: more });
  const { default: chromium } = await import("@sparticuz/chromium");
  chromium.setGraphicsMode = false; // a page without WebGL needs no graphics card, nor one that is played by the processor
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    // In a single process, closing one page ends them all.
    args: [...chromium.args.filter((arg) => arg !== "--single-process"), "--disable-background-networking", ...more],
    headless: true,
  });
}
