import type { FormEvent } from "react";
import { assertDone } from "../auth-message.ts";
import { useAction } from "../buttons/action.ts";
import { PendingButton } from "../buttons/pending-button.tsx";
import { getAuth } from "../supabase.ts";
import { Notice } from "./notice.tsx";
import { PasswordField } from "./password-field.tsx";

/** Asks for a new password for whoever is signed in. */
export function NewPassword({ onDone }: { onDone: () => void }) {
  const { pending, error, run } = useAction();
  const save = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const password = String(new FormData(event.currentTarget).get("password"));
    void run(async () => {
      assertDone(await (await getAuth()).updateUser({ password }));
      onDone();
    });
  };
  return (
    <form className="card stack" onSubmit={save}>
      <PasswordField label="New password" isNew />
      {error && <Notice tone="bad">{error.message}</Notice>}
      <PendingButton type="submit" pending={pending}>
        Save the password
      </PendingButton>
    </form>
  );
}
