import { html } from "hono/html";
import { invalid } from "../../api/errors.ts";
import type { Controls } from "../../controls.ts";
import type { World } from "../../world.ts";
import type { Action } from "./action.ts";
import { ROOM, type Screen } from "./layout.ts";

/** How many rows a reset throws away: the account stays. */
const rowsOf = ({ store }: World) => store.snapshot().filter(([table]) => table !== "accounts").length;

export function stateScreen(world: World): Screen {
  const rows = rowsOf(world);
  const body = html`<section class="box"><h2>Snapshot</h2><p>All state as one JSON file: ${rows} rows, with signing secrets.</p>
<p><a class="button" href="${ROOM}/state/snapshot" download>Download snapshot</a></p></section>
<form class="box" method="post" action="${ROOM}/state/restore" enctype="multipart/form-data"><h2>Restore</h2>
<p>Puts a snapshot in place of everything that is here now.</p>
<div class="field"><label for="snapshot">Snapshot</label><input id="snapshot" name="snapshot" type="file" accept="application/json,.json" required></div>
<button type="submit">Restore snapshot</button></form>
<section class="box"><h2>Reset</h2><p>Throws everything away, and switches all faults off.</p><p><a class="button" href="${ROOM}/state/reset">Reset…</a></p></section>`;
  return { section: "state", title: "State", body };
}

export function confirmResetScreen(world: World): Screen {
  const rows = rowsOf(world);
  const body = html`<p>This throws away all ${rows} rows: customers, subscriptions, events, everything. It cannot be undone; a <a href="${ROOM}/state">snapshot</a> can be restored.</p>
<div class="row start"><form method="post" action="${ROOM}/state/reset"><button class="danger" type="submit">Throw everything away</button></form>
<a class="button" href="${ROOM}/state">Keep it</a></div>`;
  return { section: "state", title: "Reset the emulator?", body };
}

/** What the file holds. Throws ApiError when there is none, or it is no JSON. */
async function readSnapshot(request: Request): Promise<unknown> {
  const form = await request.formData().catch(() => undefined);
  const file = form?.get("snapshot");
  if (!(file instanceof File) || file.size === 0) throw invalid("Choose a snapshot file first.");
  try {
    return JSON.parse(await file.text());
  } catch {
    throw invalid(`${file.name} is not JSON: choose a file that was downloaded here.`);
  }
}

export function stateActions(controls: Controls): Action[] {
  const show = () => stateScreen(controls.world);
  return [
    {
      path: "state/restore",
      show,
      async act({ request }) {
        controls.restore(await readSnapshot(request));
        return "state?said=restored";
      },
    },
    {
      path: "state/reset",
      show,
      act() {
        controls.reset();
        return "state?said=reset";
      },
    },
  ];
}
