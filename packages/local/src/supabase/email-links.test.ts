import { readFileSync } from "node:fs";
import { createServerClient } from "@supabase/ssr";
import { createClient } from "@supabase/supabase-js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestSupabase, type TestSupabase } from "../testing/supabase.ts";

const password = "correct horse";
const supabaseFolder = new URL("../../../../supabase/", import.meta.url);
let supabase: TestSupabase;

beforeAll(async () => {
  supabase = await startTestSupabase();
}, 60_000);
afterAll(() => supabase.close());

const newEmail = () => `${crypto.randomUUID()}@example.com`;

/** A browser, which keeps what it must remember between pages. */
function openBrowser() {
  const jar = new Map<string, string>();
  return () =>
    createServerClient(supabase.url, supabase.publishableKey, {
      cookies: {
        getAll: () => [...jar].map(([name, value]) => ({ name, value })),
        setAll: (cookies) => {
          for (const { name, value } of cookies) jar.set(name, value);
        },
      },
    });
}

async function signUp(browser = openBrowser()) {
  const email = newEmail();
  const { data, error } = await browser().auth.signUp({ email, password });
  expect(error).toBeNull();
  return { browser, email, id: data.user?.id };
}

/** The page that the link of the newest e-mail to somebody leads to. */
async function open(email: string): Promise<URL> {
  const text = supabase.mails.find(({ to }) => to === email)?.text ?? "";
  const [link = ""] = /http\S+/.exec(text) ?? [];
  const answer = await fetch(link, { redirect: "manual" });
  expect(answer.status).toBe(303);
  return new URL(answer.headers.get("location") ?? "");
}

describe("a link in an e-mail", () => {
  test("to a new password signs in, on the page that was asked for, and once", async () => {
    const { email, id } = await signUp();
    const browser = openBrowser();
    await browser().auth.resetPasswordForEmail(email, { redirectTo: `${supabase.url}/new-password?next=%2Faccount` });
    const page = await open(email);
    expect(page.pathname).toBe("/new-password");
    expect(page.searchParams.get("next")).toBe("/account");
    expect(page.hash).toBe("");
    const { data, error } = await browser().auth.exchangeCodeForSession(page.searchParams.get("code") ?? "");
    expect(error).toBeNull();
    expect(data.user?.id).toBe(id);
    expect((await browser().auth.getClaims()).data?.claims.sub).toBe(id);
    expect((await browser().auth.updateUser({ password: "another horse" })).error).toBeNull();
    expect((await openBrowser()().auth.signInWithPassword({ email, password: "another horse" })).error).toBeNull();

    const again = await open(email);
    expect(again.searchParams.get("error_code")).toBe("otp_expired");
    expect(again.searchParams.has("code")).toBe(false);
  });

  test("is of no use in another browser than the one that asked for it", async () => {
    const { email } = await signUp();
    const options = { emailRedirectTo: `${supabase.url}/account`, shouldCreateUser: false };
    const browser = openBrowser();
    await browser().auth.signInWithOtp({ email, options });
    const code = (await open(email)).searchParams.get("code") ?? "";
    const other = openBrowser();
    await other().auth.signInWithOtp({ email: newEmail(), options });
    expect((await other().auth.exchangeCodeForSession(code)).error).not.toBeNull();
    expect((await browser().auth.exchangeCodeForSession(code)).error).toBeNull();
  });

  test("brings tokens of the published keys to a page that keeps no secret", async () => {
    const { email, id } = await signUp();
    const client = createClient(supabase.url, supabase.publishableKey, { auth: { persistSession: false } });
    await client.auth.signInWithOtp({ email });
    const told = new URLSearchParams((await open(email)).hash.slice(1));
    expect((await client.auth.getClaims(told.get("access_token") ?? "")).data?.claims.sub).toBe(id);
  });

  test("leads to no other site", async () => {
    const { email } = await signUp();
    await openBrowser()().auth.resetPasswordForEmail(email, { redirectTo: "https://elsewhere.example/" });
    expect((await open(email)).origin).toBe(supabase.url);
  });

  test("confirms another address, to which it goes", async () => {
    const { browser, email } = await signUp();
    const changed = newEmail();
    const { error } = await browser().auth.updateUser(
      { email: changed },
      { emailRedirectTo: `${supabase.url}/account` },
    );
    expect(error).toBeNull();
    expect((await browser().auth.getUser()).data.user?.email).toBe(email);
    expect(supabase.mails.some(({ to }) => to === email)).toBe(false);
    expect(supabase.mails.find(({ to }) => to === changed)?.text).not.toMatch(/code/);
    await open(changed);
    expect((await browser().auth.getUser()).data.user?.email).toBe(changed);
  });
});

describe("the code of an e-mail", () => {
  const codeFor = (email: string) => /\d{6}/.exec(supabase.mails.find(({ to }) => to === email)?.text ?? "")?.[0] ?? "";

  test.each(["email", "recovery"] as const)(
    "(%s) signs in where it is typed in, once, and nobody else",
    async (type) => {
      const { email, id } = await signUp();
      const [asked, other] = [openBrowser(), openBrowser()];
      if (type === "recovery") await asked().auth.resetPasswordForEmail(email);
      else await asked().auth.signInWithOtp({ email, options: { shouldCreateUser: false } });
      const token = codeFor(email);
      const wrong = { email, token: token === "123456" ? "654321" : "123456", type };
      expect((await other().auth.verifyOtp(wrong)).error?.code).toBe("otp_expired");
      expect((await other().auth.verifyOtp({ email: (await signUp()).email, token, type })).error?.code).toBe(
        "otp_expired",
      );
      const { data, error } = await other().auth.verifyOtp({ email, token, type });
      expect([error, data.user?.id]).toEqual([null, id]);
      expect((await other().auth.getClaims()).data?.claims.sub).toBe(id);
      expect((await asked().auth.verifyOtp({ email, token, type })).error?.code).toBe("otp_expired");
    },
  );

  test("is used up with its link", async () => {
    const { email } = await signUp();
    const browser = openBrowser();
    await browser().auth.resetPasswordForEmail(email);
    await open(email);
    expect((await browser().auth.verifyOtp({ email, token: codeFor(email), type: "recovery" })).error?.code).toBe(
      "otp_expired",
    );
  });

  test("stands in each e-mail of a hosted project for which a page asks, beside its link", () => {
    const config = readFileSync(new URL("config.toml", supabaseFolder), "utf8");
    const templates = [
      ...config.matchAll(/^\[auth\.email\.template\.(\w+)\]\nsubject = ".+"\ncontent_path = "\.\/supabase\/(.+)"$/gm),
    ];
    expect(templates.map(([, name]) => name)).toEqual(["confirmation", "magic_link", "recovery"]);
    for (const [, , file = ""] of templates) {
      const text = readFileSync(new URL(file, supabaseFolder), "utf8");
      expect(text).toContain("{{ .Token }}");
      expect(text).toContain('href="{{ .ConfirmationURL }}"');
    }
  });
});

test("nobody hears whether there is an account", async () => {
  const before = supabase.mails.length;
  expect((await openBrowser()().auth.resetPasswordForEmail(newEmail())).error).toBeNull();
  expect(supabase.mails).toHaveLength(before);
});
