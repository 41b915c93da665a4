import { useEffect, useState } from "react";
import { assertDone } from "../auth-message.ts";
import { useAction } from "../buttons/action.ts";
import { signInPath } from "../next-path.ts";
import { loadProviders, type OfferedProvider } from "../providers.ts";
import { getAuth } from "../supabase.ts";
import { Notice } from "./notice.tsx";

/** Buttons that sign in with an account elsewhere, for each provider that the Supabase project has switched on. */
export function Providers({ next }: { next: string }) {
  const [offered, setOffered] = useState<OfferedProvider[]>([]);
  const { error, run } = useAction();
  useEffect(() => {
    loadProviders().then(setOffered, () => {}); // the form works without
  }, []);

  const leave = async (provider: OfferedProvider["id"]) => {
    await loadProviders(); // else the browser would show an error page of its own, or raw JSON
    const redirectTo = window.location.origin + signInPath(next);
    assertDone(await (await getAuth()).signInWithOAuth({ provider, options: { redirectTo } }));
  };
  if (offered.length === 0) return null;
  return (
    <div className="stack providers">
      {offered.map(({ id, name }) => (
        <button key={id} type="button" className="button button-quiet" onClick={() => run(() => leave(id))}>
          <span>Continue with {name}</span>
        </button>
      ))}
      {error && <Notice tone="bad">{error.message}</Notice>}
    </div>
  );
}
