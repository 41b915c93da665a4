import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Browser, Page } from "playwright-core";
import { beforeAll, expect, it, vi } from "vitest";
import { cookiesOf, MOVED, SHIFTS, TRANSLATOR } from "../visitor.ts";
import { type Person, WAIT, type World } from "../world.ts";
import { ALIKE, FAINT, INDENTED, SMALL, unseenFocus } from "./looks.ts";
import { makeLongStates, makeStates, type State } from "./pages.ts";
import { openSite } from "./site.ts";

/** `npm run screenshots` has each state's picture taken, too. */
const { PICTURES } = process.env;
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const site = openSite();
let world: World;
let browser: Browser;
let states: State[];

beforeAll(async () => {
  ({ world, browser } = site);
  await world.priceOf("pro_yearly");
  states = await makeStates(world);
  if (PICTURES) mkdirSync(PICTURES, { recursive: true });
}, 180_000);

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

/** What the pages ask, of Supabase and of our API. */
const ASKED = /\/(rest|auth)\/v1\/|\/api\//;

/** Opens a page, and lets nothing answer before it was seen to wait: what was drawn meanwhile must not move. */
async function open(page: Page, { path, shows, isWaiting }: State): Promise<void> {
  const seen = Promise.withResolvers<void>();
  await page.unrouteAll();
  await page.route(ASKED, (route) => seen.promise.then(() => route.continue()));
  await page.goto(path);
  const shown = page.locator("main").getByText(shows).first();
  await shown.or(page.locator("main").locator(".skeleton, .spinner").first()).first().waitFor();
  await page.evaluate("new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))");
  if (!isWaiting) seen.resolve();
  await shown.waitFor();
  if (!isWaiting) await page.locator("main .skeleton").first().waitFor({ state: "detached" });
}

/** A phone's browser translates what it shows; but for the pictures, which are of what we made. */
const ON_PHONES = PICTURES ? "" : `if (innerWidth === 390) { ${TRANSLATOR} }`;

/** Looks at a page as it loads and stands at a phone's width and at a desk's, in the light and in the dark. */
async function look(page: Page, state: State): Promise<object> {
  const seen: Record<string, unknown> = {};
  const broken: string[] = [];
  page.on("pageerror", ({ message }) => broken.push(message));
  for (const width of [390, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    await open(page, state);
    seen[`at ${width}`] = await page.evaluate<object>(MOVED);
    await state.act?.(page);
    if (width === 390) seen.small = await page.evaluate(SMALL);
    else seen.indented = await page.evaluate(INDENTED);
    await shot(page, state, width === 390 ? "narrow" : "light");
  }
  for (const width of [320, 360, 768, 1024]) {
    await page.setViewportSize({ width, height: 900 });
    seen[`sideways at ${width}`] = await page.evaluate("document.documentElement.scrollWidth - innerWidth > 0");
  }
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.addStyleTag({ content: "* { transition: none !important }" }); // else the dark is looked at before it is there
  await page.addScriptTag({ content: AXE });
  const edges = async () => [...(await page.evaluate<string[]>(FAINT)), ...(await unseenFocus(page))];
  seen.light = [...(await findings(page)), ...(await edges())];
  await page.emulateMedia({ colorScheme: "dark" });
  seen.dark = [...(await findings(page, ["color-contrast"])), ...(await edges())];
  await page.evaluate("document.activeElement.blur(), scrollTo(0, 0)");
  await shot(page, state, "dark");
  await page.emulateMedia({ forcedColors: "active" });
  seen.alike = await page.evaluate(ALIKE);
  return { ...seen, broken };
}

const STANDS = { sideways: 0, jumps: 0 };
const WELL = {
  "at 390": STANDS,
  "at 1440": STANDS,
  "sideways at 320": false,
  "sideways at 360": false,
  "sideways at 768": false,
  "sideways at 1024": false,
  small: [],
  indented: [],
  light: [],
  dark: [],
  alike: [],
  broken: [],
};

it("no page, in none of its states, scrolls sideways, jumps, is too small or too faint, keeps anybody out, or breaks when it is translated", async () => {
  const seen: Record<string, object> = {};
  const visit = async (state: State) => {
    const context = await browser.newContext({
      baseURL: world.url,
      locale: "en-US",
      colorScheme: "light",
      bypassCSP: true,
    });
    if (state.person) await context.addCookies(cookiesOf(state.person, world.url));
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    await page.addInitScript(SHIFTS + ON_PHONES);
    seen[state.name] = await look(page, state);
    await context.close();
  };
  for (const state of states) await visit(state);
  const long = await makeLongStates(world);
  for (const state of long) await visit(state);
  expect(seen).toEqual(Object.fromEntries([...states, ...long].map(({ name }) => [name, WELL])));
}, 600_000);

/** A page whose server stops answering. */
interface Hanging {
  path: string;
  person?: Person;
  /** Whose access token is over: another one is asked for first. */
  isOver?: boolean;
  /** What is never answered. Default: all that pages ask. */
  asked?: RegExp;
  act?: (page: Page) => Promise<void>;
  says: string;
  /** What the visitor can do then. */
  way: string;
}

/** @param fails it answers that it fails: then a lost connection, which nobody can mend, is not said to be the reason */
function makeHanging(person: Person, priceId: string, fails: boolean): Hanging[] {
  const press = (name: string | RegExp) => (page: Page) => page.getByRole("button", { name }).first().click();
  const send = (name: string, fields: Record<string, string>) => async (page: Page) => {
    for (const [label, text] of Object.entries(fields)) await page.getByLabel(label).fill(text);
    await press(name)(page);
  };
  const unreachable = "The server cannot be reached. Check your connection, then try again.";
  const loading = (what: string) => ({
    says: `${what} could not be loaded. ${fails ? "The fault is ours." : "Check your connection"}`,
    way: "Try again",
  });
  const ours = { asked: /\/api\//, says: fails ? "Something went wrong on our side." : unreachable };
  const auth = {
    asked: /\/auth\/v1\//,
    says: fails ? "Our sign-in fails at the moment; your connection is fine." : unreachable,
  };
  const email = { "E-mail": "ada@example.com" };
  const credentials = { ...email, Password: "correct horse battery" };
  const form = (way: string, fields: Record<string, string>) => ({ ...auth, act: send(way, fields), way });
  return [
    { path: "/pricing", ...loading("The plans") },
    { path: "/pricing", person, isOver: true, ...loading("The plans") },
    { path: "/pricing", ...ours, act: press("Buy Credits"), way: "Buy Credits" },
    { path: "/account", person, ...loading("Your account") },
    { path: "/account", person, isOver: true, ...loading("Your account") },
    { path: "/account", person, ...ours, act: press("Manage billing"), way: "Manage billing" },
    { path: "/change", person, ...loading("Your plan") },
    { path: `/change?price=${priceId}`, person, ...ours, way: "Try again" },
    { path: "/cancel", person, ...loading("Your plan") },
    { path: "/cancel", person, ...ours, act: press(/^Cancel/), way: "Cancel Starter" },
    { path: "/settings", person, isOver: true, ...loading("Your settings") },
    { path: "/settings", person, ...form("Change the e-mail", { "New e-mail": "ada@example.com" }) },
    { path: "/new-password", person, ...form("Save the password", { "New password": "correct horse battery" }) },
    { path: "/success?session_id=cs_1", says: "We could not look up your purchase", way: "Try again" },
    { path: "/sign-in", ...form("Sign in", credentials) },
    { path: "/sign-up", ...form("Create account", credentials) },
    { path: "/sign-in-by-email", ...form("Send the e-mail", email) },
    { path: "/reset-password", ...form("Send the e-mail", email) },
  ];
}

/** The session of a browser that was closed for longer than its access token is good. */
function overdue(person: Person): ReturnType<typeof cookiesOf> {
  const cookies = cookiesOf(person, world.url)
    .filter(({ name }) => /-auth-token(\.\d+)?$/.test(name))
    .sort((a, b) => a.name.localeCompare(b.name));
  const text = cookies.map(({ value }) => value).join("");
  const session = JSON.parse(Buffer.from(text.replace(/^base64-/, ""), "base64url").toString());
  const value = `base64-${Buffer.from(JSON.stringify({ ...session, expires_at: 1 })).toString("base64url")}`;
  const half = Math.ceil(value.length / 2);
  const name = cookies[0]?.name.replace(/\.\d+$/, "");
  return [value.slice(0, half), value.slice(half)].map((part, at) => ({
    name: `${name}.${at}`,
    value: part,
    url: world.url,
  }));
}

it.each([
  { fails: false, server: "never answers" },
  { fails: true, server: "fails" },
])(
  "a server that $server ends in plain words and a way on, on every page",
  async ({ fails }) => {
    const { person } = states.find(({ name }) => name === "account") ?? {};
    if (!person) throw new Error("There is no state of that name");
    const stuck: string[] = [];
    const hanging = makeHanging(person, (await world.priceOf("pro_monthly")).id, fails);
    for (const { path, person: visitor, isOver, asked = ASKED, act, says, way } of hanging) {
      const context = await browser.newContext({ baseURL: world.url, locale: "en-US" });
      if (visitor) await context.addCookies(isOver ? overdue(visitor) : cookiesOf(visitor, world.url));
      const page = await context.newPage();
      page.setDefaultTimeout(20_000);
      await page.clock.install();
      await page.route(asked, (route) => (fails ? route.fulfill({ status: 503 }) : undefined));
      const isAsked = fails ? page.waitForResponse(asked) : page.waitForRequest(asked);
      await page.goto(path);
      await act?.(page);
      await isAsked;
      const ended = vi.waitFor(async () => {
        await page.clock.fastForward(fails ? 2_000 : 26_000); // an answer that is on its way must not be given up
        await page.locator("main").getByText(says).first().waitFor({ timeout: 300 });
        expect(await page.getByRole("button", { name: way, exact: true }).first().isEnabled()).toBe(true);
      }, WAIT);
      await ended.catch(async () => stuck.push(`${path}, then ${way}: ${await page.locator("main").innerText()}`));
      await context.close();
      if (stuck.length > 0) break; // each that is stuck takes as long as is waited for it
    }
    expect(stuck).toEqual([]);
  },
  240_000,
);

it("an address without a page says so to programs, too", async () => {
  for (const [path, status] of [
    ["/nowhere", 404],
    ["/_local/nope", 404],
    ["/pricing", 200],
    ["/success?session_id=cs_1", 200],
  ] as const)
    expect((await fetch(world.url + path)).status).toBe(status);
});
