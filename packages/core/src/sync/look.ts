import type { Failure, ObjectName } from "../mirror/index.ts";
import { isMissing } from "../stripe/index.ts";
import { goneAsOf, type Shown } from "./compare.ts";
import { patiently, type Reader, readOne } from "./page.ts";

/** Asks Stripe for one object: what it shows now, or that there is no such object. */
export async function look(
  reader: Reader,
  object: ObjectName,
  id: string,
): Promise<{ shown: Shown[]; failures: Failure[] }> {
  try {
    const { changes, failures } = await patiently(reader, () => readOne(reader, object, id));
    return { shown: changes, failures };
  } catch (error) {
    if (!isMissing(error)) throw error;
    return { shown: [goneAsOf(object, id, answeredAt(error))], failures: [] };
  }
}

/** On Stripe's clock. Between two answers of one second the earlier moment is the safe one. */
function answeredAt(error: unknown): string {
  const { headers } = error as { headers?: Record<string, string> };
  const at = Date.parse(headers?.date ?? "");
  return new Date(Number.isNaN(at) ? Date.now() : at - 1000).toISOString();
}
