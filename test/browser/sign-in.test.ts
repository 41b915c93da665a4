import { createServer, type Server } from "node:http";
import { createClient } from "@supabase/supabase-js";
import { openBrowser } from "@turnpike/stripe-emulator/testing";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { id } from "../builders.ts";
import { cookiesOf, TRANSLATOR } from "../visitor.ts";
import { type Person, startWorld, WAIT, type World } from "../world.ts";

let world: World;
let browser: Browser;
let context: BrowserContext;
let page: Page;

let github: Server;

beforeAll(async () => {
  github = await startGithub();
  const { port } = github.address() as { port: number };
  const providers = { github: { client_id: "of-turnpike", secret: "shh", url: `http://127.0.0.1:${port}` } };
  [world, browser] = await Promise.all([startWorld({ web: "built", providers }), openBrowser()]);
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await world?.close();
  github?.close();
});

/** Who is signed in at GitHub; nobody: they do not want to be. */
let atGithub: string | undefined;

/** What an account at GitHub takes part in, at the least: https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/authorizing-oauth-apps */
function startGithub(): Promise<Server> {
  const answers: Record<string, object> = {
    "/login/oauth/access_token": { access_token: "gho_1", token_type: "bearer", scope: "user:email" },
    "/api/v3/user": { id: 1, login: "ada", name: "Ada Lovelace" },
  };
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://github");
    if (pathname === "/login/oauth/authorize") {
      const back = new URL(searchParams.get("redirect_uri") ?? "");
      back.searchParams.set("state", searchParams.get("state") ?? "");
      if (atGithub) back.searchParams.set("code", "a-code");
      else back.searchParams.set("error", "access_denied");
      return response.writeHead(302, { location: `${back}` }).end();
    }
    const emails = [{ email: atGithub, verified: true, primary: true }];
    const answer = pathname === "/api/v3/user/emails" ? emails : answers[pathname];
    response.writeHead(answer ? 200 : 404, { "content-type": "application/json" }).end(JSON.stringify(answer ?? {}));
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

const heading = (name: string) => page.getByRole("heading", { name, level: 1 });
const press = (name: string) => page.getByRole("button", { name }).click();
const follow = (name: string) => page.getByRole("link", { name }).click();
const ACCOUNT = { name: "Your account", level: 1 } as const;

/** In a browser that translates: whoever cannot sign in cannot do anything. */
async function open(path: string, person?: Person): Promise<void> {
  await context?.close();
  context = await browser.newContext({ baseURL: world.url });
  await context.addInitScript(TRANSLATOR);
  if (person) await context.addCookies(cookiesOf(person, world.url));
  page = await context.newPage();
  page.setDefaultTimeout(20_000);
  await page.goto(path);
}

/** Reads the newest e-mail to somebody in the local mailbox, on another device. */
async function mailTo(email: string): Promise<{ link: string; code: string }> {
  const mailbox = await browser.newPage({ baseURL: world.url });
  await mailbox.goto("/_local");
  const mail = mailbox.getByRole("group").filter({ hasText: email }).first();
  if (!(await mail.getByRole("link").isVisible())) await mail.locator("summary").click();
  const [link, text] = [await mail.getByRole("link").getAttribute("href"), await mail.innerText()];
  await mailbox.close();
  return { link: link ?? "", code: /\b\d{6}\b/.exec(text)?.[0] ?? "" };
}

const linkTo = async (email: string) => (await mailTo(email)).link;

async function askByEmail(link: string, email: string): Promise<void> {
  await follow(link);
  await page.getByLabel("E-mail").fill(email);
  await press("Send the e-mail");
  await heading("Check your e-mail").waitFor();
}

const exists = async ({ id }: Person) =>
  (await world.local.query("select from auth.users where id = $1", [id])).length > 0;

describe("whoever cannot sign in", () => {
  it("because the password is forgotten gets a link, chooses another password, and comes to where they wanted", async () => {
    const person = await world.signUp();
    await open("/sign-in?next=%2Faccount");
    await askByEmail("Forgot your password?", person.email);
    await page.goto(await linkTo(person.email));
    await heading("Choose a new password").waitFor();
    await page.getByText(`For ${person.email}`).waitFor();
    await page.getByLabel("New password").fill("another horse battery");
    await press("Save the password");
    await page.getByRole("heading", ACCOUNT).waitFor();

    await open("/sign-in");
    await page.getByLabel("E-mail").fill(person.email);
    await page.getByLabel("Password").fill("another horse battery");
    await press("Sign in");
    await page.getByRole("heading", ACCOUNT).waitFor();
  }, 60_000);

  it("signs in without a password, by a link that works once", async () => {
    const person = await world.signUp();
    await open("/sign-in");
    await askByEmail("Sign in by e-mail, without a password", person.email);
    const link = await linkTo(person.email);
    await page.goto(link);
    await page.getByRole("heading", ACCOUNT).waitFor();

    await open(link);
    const noUse = () => page.locator("main").getByText("This link has been used already, or is too old.");
    await noUse().waitFor();
    await heading("Welcome back").waitFor();

    // Supabase leads to the site's own address where it does not know the one that was asked for.
    const failed = "error=access_denied&error_code=otp_expired";
    for (const path of [`/#${failed}`, `/pricing?${failed}`]) {
      await open(path);
      await noUse().waitFor();
      await page.locator("main").getByRole("link", { name: "Sign in", exact: true }).click();
      await heading("Welcome back").waitFor();
      expect(await noUse().count()).toBe(0);
    }
    await open(`/account#${failed}`);
    await heading("Welcome back").waitFor();
    await noUse().waitFor();
    await open(`/account#${failed}`, person);
    await noUse().waitFor();
    await page.locator("main").getByRole("status").getByRole("link", { name: "Sign-in settings" }).click();
    await heading("Sign-in settings").waitFor();
  }, 60_000);

  it("types in the code of an e-mail that is read on another device, and chooses another password", async () => {
    const person = await world.signUp();
    await open("/sign-in?next=%2Fsettings");
    await askByEmail("Forgot your password?", person.email);
    await page.reload();
    const { code } = await mailTo(person.email);
    await page.getByLabel("Code from the e-mail").fill(code === "123456" ? "654321" : "123456");
    await press("Go on");
    await page.getByText("That code is wrong, too old, or used").waitFor();
    await page.getByLabel("Code from the e-mail").fill(` ${code.slice(0, 3)}-${code.slice(3)}.\u200b`);
    await press("Go on");
    await page.getByText(`For ${person.email}`).waitFor();
    await page.getByLabel("New password").fill("another horse battery");
    await press("Save the password");
    await heading("Sign-in settings").waitFor();
  }, 60_000);

  it("types in the code of an e-mail that is read on another device, and is signed in", async () => {
    const person = await world.signUp();
    await open("/sign-in?next=%2Fsettings");
    await askByEmail("Sign in by e-mail, without a password", person.email);
    await page.locator("#main:focus").getByLabel("Code from the e-mail").waitFor();
    await page.getByLabel("Code from the e-mail").fill((await mailTo(person.email)).code);
    await press("Go on");
    await page.getByText(`You sign in as ${person.email}`).waitFor();
  }, 60_000);

  it("because a new account's e-mail is to be confirmed types in its code, also where the page was loaded anew", async () => {
    const email = `${id("new")}@example.com`;
    await open("/sign-up?next=%2Fsettings");
    // The answer of a project that has its users' e-mails confirmed: the user, and no session.
    await page.route(/\/auth\/v1\/signup/, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: (await response.json()).user });
    });
    await page.getByLabel("E-mail").fill(email);
    await page.getByLabel("Password").fill("correct horse battery");
    await press("Create account");
    await heading("Check your e-mail").waitFor();
    await page.reload();
    await page.getByText(`We sent an e-mail to ${email}.`).waitFor();
    const { url, publishableKey } = world.local.settings.supabase;
    await createClient(url, publishableKey).auth.signInWithOtp({ email });
    await page.getByLabel("Code from the e-mail").fill((await mailTo(email)).code);
    await press("Go on");
    await page.getByText(`You sign in as ${email}`).waitFor();
  }, 60_000);

  it("with a link of another browser's hears so, and has another one sent", async () => {
    const person = await world.signUp();
    await open("/sign-in");
    await page.clock.install();
    await askByEmail("Forgot your password?", person.email);
    const again = page.getByRole("button", { name: "Send it again", exact: true });
    await vi.waitFor(async () => {
      await page.clock.runFor(1_000);
      expect(await again.isEnabled({ timeout: 100 })).toBe(true);
    }, WAIT);
    await again.click();
    await page.getByText("Sent again.").waitFor();
    const link = await linkTo(person.email);
    await open(link);
    await page.getByText("This link works only in the browser where you asked for it").waitFor();
    await askByEmail("Send a new link", person.email);
    await page.goto(await linkTo(person.email));
    await page.getByLabel("New password").waitFor();
  }, 60_000);

  it("by an address with another system's code hears nothing of it, and the link that is on its way works", async () => {
    const person = await world.signUp();
    await open("/sign-in");
    await askByEmail("Forgot your password?", person.email);
    await page.goto("/?code=SUMMER");
    await page.getByRole("link", { name: "Subscribe to Pro" }).waitFor();
    await page.goto("/sign-in?code=SUMMER&next=%2Fsettings");
    await page.getByLabel("E-mail").fill(person.email);
    await page.getByLabel("Password").fill("wrong horse battery");
    await press("Sign in");
    await page.getByText("That e-mail and password do not match.").waitFor();
    expect(
      await page
        .getByText(/link|did not sign you in/i)
        .and(page.getByRole("status"))
        .count(),
    ).toBe(0);
    expect(page.url()).toContain("code=SUMMER");
    await page.goto(await linkTo(person.email));
    await page.getByLabel("New password").waitFor();
  }, 60_000);

  it("signs in with an account elsewhere, where the project has that switched on, and comes to where they wanted", async () => {
    atGithub = `${id("ada")}@example.com`;
    await open("/sign-in?next=%2Fsettings");
    await page.getByRole("button", { name: "Continue with GitHub" }).waitFor();
    await page.route(/\/auth\/v1\//, (route) => route.abort("connectionreset"));
    await press("Continue with GitHub");
    await page.getByText("The server cannot be reached.").waitFor();
    await page.unrouteAll();
    await press("Continue with GitHub");
    await page.getByText(`You sign in as ${atGithub}`).waitFor();
  }, 60_000);

  it("who does not want to after all is told so, and tries another way", async () => {
    atGithub = undefined;
    await open("/sign-in");
    await press("Continue with GitHub");
    await page.getByText("That did not sign you in. Try it again, or choose another way.").waitFor();
    await heading("Welcome back").waitFor();
    await page.getByRole("button", { name: "Continue with GitHub" }).waitFor();
  }, 60_000);

  it("is not told whether an address has an account", async () => {
    await open("/sign-in");
    await askByEmail("Forgot your password?", "nobody@example.com");
    await page.goBack();
    await open("/sign-in");
    await askByEmail("Sign in by e-mail, without a password", "nobody@example.com");
    await page.getByText("If nobody@example.com has an account").waitFor();
    await page.getByRole("button", { name: /^Send it again in \d+ s$/ }).waitFor();
  }, 60_000);
});

describe("whoever is signed in", () => {
  it("changes the e-mail, which is another one when its link was opened, and the password", async () => {
    const person = await world.signUp();
    await open("/account", person);
    await follow("Sign-in settings");
    const changed = `changed-${person.email}`;
    await page.getByLabel("New e-mail").fill(changed);
    await press("Change the e-mail");
    await page.getByText(`A link is on its way to ${changed}`).waitFor();
    await page.goto(await linkTo(changed));
    await page.getByText(`You sign in as ${changed}`).waitFor();
    await page.getByLabel("New password").fill("another horse battery");
    await press("Save the password");
    await page.getByText("Your new password is saved.").waitFor();

    await open("/sign-in");
    await page.getByLabel("E-mail").fill(changed);
    await page.getByLabel("Password").fill("another horse battery");
    await press("Sign in");
    await page.getByRole("heading", ACCOUNT).waitFor();
  }, 60_000);

  it("changes the e-mail by a link that is opened on another device, and reads so here", async () => {
    const person = await world.signUp();
    await open("/settings", person);
    const changed = `changed-${person.email}`;
    await page.getByLabel("New e-mail").fill(changed);
    await press("Change the e-mail");
    const onItsWay = page.getByText("A link is on its way");
    await onItsWay.waitFor();
    const held = await context.cookies();
    const elsewhere = await browser.newPage();
    await elsewhere.goto(await linkTo(changed));
    await elsewhere.close();
    await page.evaluate("window.dispatchEvent(new Event('focus'))");
    await page.getByText(`You sign in as ${changed}`).waitFor();
    expect(await onItsWay.count()).toBe(0);

    // The session from before, as it is held where the page was closed meanwhile.
    for (const [path, says] of [
      ["/settings", `You sign in as ${changed}`],
      ["/account", changed],
    ] as const) {
      await context.addCookies(held);
      await page.goto(path);
      await page.locator("main").getByText(says).waitFor();
    }
  }, 60_000);

  it("and opens a link that is used, or of another browser, is told so, and who they are", async () => {
    const [person, other] = [await world.signUp(), await world.signUp()];
    await open("/sign-in");
    await askByEmail("Sign in by e-mail, without a password", other.email);
    const link = await linkTo(other.email);
    for (const why of [
      "This link works only in the browser where you asked for it",
      "This link has been used already",
    ]) {
      await open(link, person);
      await page.getByRole("heading", ACCOUNT).waitFor();
      const told = page.getByRole("status").filter({ hasText: why });
      await told.getByText(`You are signed in as ${person.email}.`).waitFor();
    }
  }, 60_000);

  it("is told without a connection that they are not signed out, and is where the server fails; nobody is told that the fault is ours", async () => {
    await open("/account", await world.signUp());
    await page.getByText("You have no plan yet.").waitFor();
    await context.setOffline(true);
    await press("Sign out");
    await page.getByText("You are still signed in. The server cannot be reached.").waitFor();
    await context.setOffline(false);
    await page.reload();
    await page.route(/\/auth\/v1\//, (route) => route.fulfill({ status: 503 }));
    await press("Sign out");
    await page.getByRole("banner").getByRole("link", { name: "Sign in" }).waitFor();
    expect(page.url()).toBe(`${world.url}/`);
    await page.unrouteAll();

    await open("/sign-in");
    await page.getByLabel("E-mail").fill("ada@example.com");
    await page.getByLabel("Password").fill("correct horse battery");
    await context.setOffline(true);
    await press("Sign in");
    await page.getByText("The server cannot be reached. Check your connection, then reload the page.").waitFor();
  }, 60_000);

  it("deletes the account when they have typed its e-mail, and nobody else's", async () => {
    const [person, other] = [await world.signUp(), await world.signUp()];
    await open("/settings", person);
    const refused: string[] = [];
    page.on("response", (answer) => answer.ok() || refused.push(`${answer.status()} ${answer.url()}`));
    const then = page.getByText("Your subscriptions end, and nothing is charged any more.");
    await then.waitFor();
    await page.getByLabel(`Type ${person.email} to go on`).fill(other.email);
    await press("Delete my account");
    await page.getByText("That is not your e-mail. Type it as it stands above.").waitFor();
    expect(await exists(person)).toBe(true);
    await page.getByLabel(`Type ${person.email} to go on`).fill(`${person.email.toUpperCase()} `);
    await press("Delete my account");
    await heading("Your account is deleted").waitFor();
    await then.waitFor();
    await page.getByRole("banner").getByRole("link", { name: "Sign in" }).waitFor();
    await page.getByRole("link", { name: "To the front page" }).click();
    await page.getByRole("heading", { level: 3 }).first().waitFor();
    expect(refused).toEqual([]);
    expect([await exists(person), await exists(other)]).toEqual([false, true]);
  }, 60_000);
});
