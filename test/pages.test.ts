import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { openBrowser } from "@turnpike/stripe-emulator/testing";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeLongStates, makeStates, type State } from "./pages.ts";
import { cookiesOf, MOVED, SHIFTS } from "./visitor.ts";
import { startWorld, type World } from "./world.ts";

// `npm run screenshots` has each page's picture taken here, too.
const PICTURES = process.env.PICTURES;
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let world: World;
let browser: Browser;
let states: State[];

beforeAll(async () => {
  [world, browser] = await Promise.all([startWorld({ web: "built" }), openBrowser()]);
  await world.priceOf("pro_yearly");
  states = await makeStates(world);
  if (PICTURES) mkdirSync(PICTURES, { recursive: true });
}, 180_000);
afterAll(async () => {
  await browser?.close();
  await world?.close();
});

/** What of a page a reader by ear, by keyboard or with weak eyes stumbles over. */
async function findings(page: Page, rules?: string[]): Promise<string[]> {
  const options = { resultTypes: ["violations"], ...(rules && { runOnly: { type: "rule", values: rules } }) };
  const { violations } = await page.evaluate<AxeResults>(`axe.run(document, ${JSON.stringify(options)})`);
  return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}
interface AxeResults {
  violations: { id: string; nodes: { html: string }[] }[];
}

async function shot(page: Page, { name }: State, look: string): Promise<void> {
  if (!PICTURES || name.startsWith("long-")) return;
  const [width, height] = await page.evaluate<[number, number]>("[innerWidth, document.documentElement.scrollHeight]");
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send("Page.captureScreenshot", {
    format: "webp", // which Playwright does not offer, and is a third of a PNG
    quality: 70,
    captureBeyondViewport: true,
    clip: { x: 0, y: 0, width, height, scale: 1 },
  });
  writeFileSync(`${PICTURES}/${name}-${look}.webp`, Buffer.from(data, "base64"));
}

/** Looks at a page as it loads and stands at a phone's width and at a desk's, in the light and in the dark. */
async function look(page: Page, state: State): Promise<object> {
  const seen: Record<string, unknown> = {};
  for (const width of [390, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    await page.goto(state.path);
    await page.locator("main").getByText(state.shows).first().waitFor();
    seen[`at ${width}`] = await page.evaluate<object>(MOVED);
    await state.act?.(page);
    await shot(page, state, width === 390 ? "narrow" : "light");
  }
  for (const width of [320, 360, 768, 1024]) {
    await page.setViewportSize({ width, height: 900 });
    seen[`sideways at ${width}`] = await page.evaluate("document.documentElement.scrollWidth - innerWidth > 0");
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.addStyleTag({ content: "* { transition: none !important }" }); // else the dark is looked at before it is there
  await page.addScriptTag({ content: AXE });
  seen.light = await findings(page);
  await page.emulateMedia({ colorScheme: "dark" });
  seen.dark = await findings(page, ["color-contrast"]);
  await shot(page, state, "dark");
  return seen;
}

const STANDS = { sideways: 0, jumps: 0 };
const WELL = {
  "at 390": STANDS,
  "at 1440": STANDS,
  "sideways at 320": false,
  "sideways at 360": false,
  "sideways at 768": false,
  "sideways at 1024": false,
  light: [],
  dark: [],
};

it("no page, in none of its states, scrolls sideways, jumps, or keeps anybody out", async () => {
  const seen: Record<string, object> = {};
  const visit = async (state: State) => {
    const context = await browser.newContext({ baseURL: world.url, locale: "en-US", colorScheme: "light" });
    if (state.person) await context.addCookies(cookiesOf(state.person, world.url));
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    await page.addInitScript(SHIFTS);
    seen[state.name] = await look(page, state);
    await context.close();
  };
  for (const state of states) await visit(state);
  const long = await makeLongStates(world);
  for (const state of long) await visit(state);
  expect(seen).toEqual(Object.fromEntries([...states, ...long].map(({ name }) => [name, WELL])));
}, 300_000);

it("an address without a page says so to programs, too", async () => {
  for (const [path, status] of [
    ["/nowhere", 404],
    ["/pricing", 200],
    ["/success?session_id=cs_1", 200],
  ] as const)
    expect((await fetch(world.url + path)).status).toBe(status);
});
