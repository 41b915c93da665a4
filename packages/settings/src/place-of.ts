/** A place in a file: its line and column, from 1. */
export interface Place {
  line: number;
  column: number;
}

/** Where a value is written, and what it holds. */
interface Written {
  at: number;
  fields?: Map<string, Written>;
  items?: Written[];
}

const WHITE = /(?:\s|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;
const TEXT = /"(?:[^"\\\n]|\\[\s\S])*"|'(?:[^'\\\n]|\\[\s\S])*'|`(?:[^`\\]|\\[\s\S])*`/y;
const NAME = /[\p{ID_Start}$_][\p{ID_Continue}$]*|\d+/uy;
const BEGINS = /\bexport\s+default\s+(?:defineBilling\s*\(\s*)?(?=\{)/;

/**
 * Finds where in a file a value stands that `products[0].prices[1].amount` leads to. What is not written out there (it is spread, called or
 * named) is given the place of what holds it.
 * @param path as a `ConfigError` has it
 * @returns nothing when the default export is not written as an object
 */
export function placeOf(source: string, path: string): Place | undefined {
  const begins = BEGINS.exec(source);
  if (!begins) return undefined;
  let found = new Reading(source, begins.index + begins[0].length).value();
  for (const [, index, field] of path.matchAll(/\[(\d+)\]|\.?([^.[\]]+)/g)) {
    const next = index === undefined ? found.fields?.get(field ?? "") : found.items?.[Number(index)];
    if (!next) break;
    found = next;
  }
  const before = source.slice(0, found.at).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}

/** Reads literals, and passes over every other expression as a whole. */
class Reading {
  readonly #source: string;
  #at: number;

  constructor(source: string, at: number) {
    this.#source = source;
    this.#at = at;
  }

  value(): Written {
    this.#take(WHITE);
    const at = this.#at;
    if (this.#source[at] === "{") return this.#rest({ at, fields: this.#fields() });
    if (this.#source[at] === "[") return this.#rest({ at, items: this.#items() });
    this.#pass();
    return { at };
  }

  /** Behind a literal may stand more: `as const`, or what makes another thing of it. */
  #rest(written: Written): Written {
    this.#pass();
    return written;
  }

  #fields(): Map<string, Written> {
    const fields = new Map<string, Written>();
    this.#inside("}", () => {
      const at = this.#at;
      const name = (this.#take(TEXT) ?? "").slice(1, -1) || this.#take(NAME);
      this.#take(WHITE);
      const isWritten = name && this.#source[this.#at] === ":";
      if (!isWritten) return this.#pass();
      this.#at++;
      fields.set(name, { ...this.value(), at });
    });
    return fields;
  }

  #items(): Written[] {
    const items: Written[] = [];
    let isSpread = false;
    this.#inside("]", () => {
      isSpread ||= this.#source.startsWith("...", this.#at);
      const written = this.value();
      // How many there are in what is spread, only running it tells.
      if (!isSpread) items.push(written);
    });
    return items;
  }

  #inside(end: string, read: () => void): void {
    this.#at++;
    for (;;) {
      this.#take(WHITE);
      const here = this.#source[this.#at];
      if (here === undefined) return;
      if (here === end) break;
      if (here === ",") this.#at++;
      else read();
    }
    this.#at++;
  }

  /** Goes on to the comma or the bracket that ends an expression. */
  #pass(): void {
    for (let depth = 0; this.#at < this.#source.length; ) {
      if (this.#take(TEXT) || this.#take(WHITE)) continue;
      const here = this.#source[this.#at] ?? "";
      if (depth === 0 && /[,}\])]/.test(here)) return;
      if (/[{[(]/.test(here)) depth++;
      if (/[}\])]/.test(here)) depth--;
      this.#at++;
    }
  }

  /** What stands here, if it is such a thing. */
  #take(what: RegExp): string | undefined {
    what.lastIndex = this.#at;
    const [taken] = what.exec(this.#source) ?? [];
    this.#at += taken?.length ?? 0;
    return taken;
  }
}
