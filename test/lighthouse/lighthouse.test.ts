import { writeFileSync } from "node:fs";
import { openBrowser } from "@turnpike/stripe-emulator/testing";
import type { Browser, CDPSession } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../apps/made.ts";
import { cookiesOf, customerOf, subscribe } from "../visitor.ts";
import { type Person, startWorld, type World } from "../world.ts";
import { CATEGORIES, DEVICES, measure, type Verdict } from "./measure.ts";
import { pageOf, type Row } from "./page.ts";

const PAGES = [{ path: "/" }, { path: "/pricing" }, { path: "/sign-in" }, { path: "/account", isSignedIn: true }];
const LEAST = 98;
const TRIES = 3;

/** `npm run lighthouse` installs it, and says so: this takes minutes. */
describe.skipIf(!process.env.LIGHTHOUSE)("Lighthouse", () => {
  let world: World;
  let browser: Browser;
  let session: CDPSession;
  let subscriber: Person;
  let port: number;
  beforeAll(async () => {
    port = await freePort();
    [world, browser] = await Promise.all([
      startWorld({ web: "built" }),
      openBrowser(`--remote-debugging-port=${port}`),
    ]);
    session = await browser.newBrowserCDPSession();
    await world.priceOf("pro_yearly");
    subscriber = await world.signUp();
    const { id } = await customerOf(world, subscriber);
    await subscribe(world, id, (await world.priceOf("starter_monthly")).id);
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await world?.close();
  });

  /** The best of a few: what else the machine does only takes points away. Enough is enough. */
  async function bestOf(path: string, device: (typeof DEVICES)[number]): Promise<Verdict> {
    const sumOf = ({ scores }: Verdict) => CATEGORIES.reduce((sum, name) => sum + scores[name], 0);
    let best: Verdict | undefined;
    for (let n = 0; n < TRIES && !(best && isEnough(best)); n++) {
      const verdict = await measure(world.url + path, device, port);
      if (!best || sumOf(verdict) > sumOf(best)) best = verdict;
    }
    return best as Verdict;
  }
  const isEnough = ({ scores }: Verdict) => CATEGORIES.every((name) => scores[name] >= LEAST);

  it(`gives each page ${LEAST} of 100 at least, in all it looks at, on a phone and on a desk`, async () => {
    const rows: Row[] = [];
    for (const { path, isSignedIn } of PAGES) {
      await session.send("Storage.clearCookies");
      if (isSignedIn) await session.send("Storage.setCookies", { cookies: cookiesOf(subscriber, world.url) });
      for (const device of DEVICES) {
        rows.push({ path, device, ...(await bestOf(path, device)) });
        console.log(JSON.stringify(rows.at(-1)));
      }
    }
    writeFileSync("docs/lighthouse.md", pageOf(rows));
    expect(rows.filter((row) => !isEnough(row))).toEqual([]);
  }, 1_200_000);
});
