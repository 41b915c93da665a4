import type { User } from "@supabase/supabase-js";
import { useCallback, useEffect } from "react";
import { fetchInTime } from "./buttons/in-time.ts";
import { useOnReturn } from "./load.ts";
import { getAccessToken, getAuth, supabaseAddress } from "./supabase.ts";

/**
 * Keeps the address of whoever is signed in current: the link to a new one may have been opened on another device, and the session that
 * this browser holds has the one before.
 */
export function useFreshEmail({ email }: User): void {
  const look = useCallback(() => void renewIfChanged(email).catch(() => undefined), [email]);
  useEffect(look, [look]);
  useOnReturn(look);
}

async function renewIfChanged(email: string | undefined): Promise<void> {
  const { url, publishableKey } = supabaseAddress();
  const headers = { apikey: publishableKey, authorization: `Bearer ${await getAccessToken()}` };
  const answer = await fetchInTime(`${url}/auth/v1/user`, { headers });
  const user = answer.ok && ((await answer.json()) as User);
  if (user && user.email !== email) await (await getAuth()).refreshSession();
}
