import type { Clients } from "../clients.ts";
import { type Change, fetchedChange } from "./change.ts";
import { getObject, type ObjectName, type SourceOf } from "./fetch.ts";
import { send } from "./send.ts";
import { explain, UnreadableError } from "./unreadable.ts";

/** An object that the mirror cannot show, and why. */
export interface Failure {
  id: string;
  /** It names the field, and quotes nothing of what the object holds. */
  reason: string;
}

/** What an answer of Stripe's shows of many objects. */
export interface Page {
  changes: Change[];
  failures: Failure[];
}

/** Turns what Stripe showed into changes. An object that cannot be read or stored is named, and holds up no other. */
export function showPage<Name extends ObjectName>(name: Name, sources: SourceOf<Name>[], asOf: string): Page {
  const object = getObject(name);
  const page: Page = { changes: [], failures: [] };
  for (const source of sources) {
    const id = String((source as { id?: unknown } | null)?.id ?? "unknown");
    try {
      const change = fetchedChange(
        explain(name, source, (readable) => object.project(readable as SourceOf<Name>)),
        asOf,
      );
      if ("reason" in change) page.failures.push({ id, reason: change.reason });
      else page.changes.push(change);
    } catch (error) {
      if (!(error instanceof UnreadableError)) throw error;
      page.failures.push({ id, reason: error.message });
    }
  }
  return page;
}

/**
 * Writes changes by the guard. What Postgres refuses is named, and holds up no other.
 * @throws when the database cannot be reached
 */
export async function writePage(clients: Clients, changes: Change[]): Promise<Failure[]> {
  const { errors } = await send(clients, changes);
  if (errors.length === 0) return [];
  const [first, ...others] = changes;
  if (others.length === 0) return [{ id: first?.object_id ?? "unknown", reason: errors[0]?.message ?? "" }];
  // Postgres says why, and not of which: what it takes may be sent again.
  const middle = Math.ceil(changes.length / 2);
  const halves = [changes.slice(0, middle), changes.slice(middle)];
  return (await Promise.all(halves.map((half) => writePage(clients, half)))).flat();
}
