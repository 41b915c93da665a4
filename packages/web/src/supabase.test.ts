import { expect, test } from "vitest";
import { heldSession, holdsSession } from "./supabase.ts";

test("a session is known by its cookie, whole or in parts; what a sign-in has left half done is none", () => {
  expect(holdsSession("theme=dark; sb-abcdef-auth-token=base64-eyJ")).toBe(true);
  expect(holdsSession("sb-localhost-auth-token.0=base64-eyJ; sb-localhost-auth-token.1=x")).toBe(true);
  for (const cookies of ["", "sb-abc-auth-token-code-verifier=base64-x", "sb-abc-auth-token=", "not-sb-a-auth-token=x"])
    expect(holdsSession(cookies)).toBe(false);
});

test("a session is read out of its cookie while it is good for another minute, and no other project's", () => {
  const now = Date.parse("2026-11-28T12:00:00Z");
  const until = (at: string) => ({
    access_token: "t",
    expires_at: Date.parse(at) / 1000,
    user: { id: "u", email: "å@b.example" },
  });
  const encoded = (session: object) => `base64-${Buffer.from(JSON.stringify(session)).toString("base64url")}`;
  const good = until("2026-11-28T12:02:00Z");
  const text = encoded(good);
  const read = (cookies: string) => heldSession(cookies, now, "https://abcdef.supabase.co");
  expect(read(`theme=dark; sb-abcdef-auth-token=${text}`)).toEqual(good);
  const parts = [text.slice(0, 50), text.slice(50, 90), text.slice(90)].map(
    (part, at) => `sb-abcdef-auth-token.${at}=${part}`,
  );
  expect(read(parts.toReversed().join("; "))).toEqual(good);
  for (const cookies of [
    "",
    `sb-abcdef-auth-token=${encoded(until("2026-11-28T12:00:59Z"))}`,
    parts.slice(0, 2).join("; "),
    "sb-abcdef-auth-token=base64-nonsense",
    `sb-other-auth-token=${text}`,
    `sb-abcdef-auth-token-code-verifier=${text}`,
    `sb-abcdef-auth-token=${encoded({ ...good, user: undefined })}`,
  ])
    expect(read(cookies)).toBeUndefined();
});
