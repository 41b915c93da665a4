import { openBrowser } from "@turnpike/stripe-emulator/testing";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { startWorld, type World } from "../world.ts";

/** The product with its pages as they are deployed, and a browser. */
interface Site {
  world: World;
  browser: Browser;
}

/** Opens them before the hooks and tests of the file that calls it, which reads them there, and closes them after. */
export function openSite(): Site {
  const site = {} as Site;
  beforeAll(async () => {
    [site.world, site.browser] = await Promise.all([startWorld({ web: "built" }), openBrowser()]);
  }, 120_000);
  afterAll(async () => {
    await site.browser?.close();
    await site.world?.close();
  });
  return site;
}
