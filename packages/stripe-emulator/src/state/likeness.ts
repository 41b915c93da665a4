/** What a copy has that its model has not. */
export interface Likeness {
  /** Other texts, by the model's. Also those within longer texts, such as an id in an address. */
  names: ReadonlyMap<string, string>;
  /** Finds these texts within others. */
  pattern: RegExp;
  moment(key: string, second: number): number;
}

/** Shorter texts hold no other that is sought. */
const HOLDS_OTHERS = 24;

/** A copy of a row with other names and moments. What is the same in both is shared, so that many copies need little memory. */
export function like<T>(model: T, likeness: Likeness, key = ""): T {
  if (typeof model === "string") return renamed(model, likeness) as T;
  if (typeof model === "number") return likeness.moment(key, model) as T;
  if (typeof model !== "object" || model === null) return model;
  let changed = false;
  const entries = Object.entries(model).map(([name, value]): [string, unknown] => {
    const copy = like(value, likeness, name);
    changed ||= copy !== value;
    return [name, copy];
  });
  if (!changed) return model;
  return (Array.isArray(model) ? entries.map(([, value]) => value) : Object.fromEntries(entries)) as T;
}

function renamed(text: string, { names, pattern }: Likeness): string {
  const whole = names.get(text);
  if (whole !== undefined) return whole;
  return text.length < HOLDS_OTHERS ? text : text.replace(pattern, (part) => names.get(part) ?? part);
}

/** The ids in rows, at every depth. */
export function idsIn(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value !== "object" || value === null) return found;
  if ("id" in value && typeof value.id === "string") found.add(value.id);
  for (const inner of Object.values(value)) idsIn(inner, found);
  return found;
}
