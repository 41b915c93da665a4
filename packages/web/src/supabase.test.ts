import { expect, test } from "vitest";
import { holdsSession } from "./supabase.ts";

test("a session is known by its cookie, whole or in parts; what a sign-in has left half done is none", () => {
  expect(holdsSession("theme=dark; sb-abcdef-auth-token=base64-eyJ")).toBe(true);
  expect(holdsSession("sb-localhost-auth-token.0=base64-eyJ; sb-localhost-auth-token.1=x")).toBe(true);
  for (const cookies of ["", "sb-abc-auth-token-code-verifier=base64-x", "sb-abc-auth-token=", "not-sb-a-auth-token=x"])
    expect(holdsSession(cookies)).toBe(false);
});
