import type { Fields, Kind } from "../src/api/stripe-api.ts";
import type { Declaration, Expression } from "./declaration-reader.ts";
import type { Declarations } from "./declarations.ts";

const SCALARS: Record<string, Kind> = {
  string: "string",
  number: "number",
  boolean: "boolean",
  Decimal: "number",
  null: "empty",
};

/** Turns the declared types of parameters into kinds. Hashes of the same form are kept once, under the name met first. */
export class ParameterTypes {
  readonly hashes: Record<string, Fields> = {};
  readonly #names = new Map<string, string>();
  readonly #declarations: Declarations;

  constructor(declarations: Declarations) {
    this.#declarations = declarations;
  }

  /** The name of the declaration's form in `hashes`. */
  hash(declaration: Declaration): string {
    const fields: Fields = {};
    for (const { name, optional, type } of this.#declarations.membersOf(declaration)) {
      if (name !== undefined) fields[optional ? name : `${name}!`] = this.#kind(type);
    }
    const form = JSON.stringify(fields);
    const name = this.#names.get(form) ?? declaration.name;
    this.#names.set(form, name);
    this.hashes[name] = fields;
    return name;
  }

  #kind(type: Expression): Kind {
    if (type.kind === "literal") return { words: [type.value] };
    if (type.kind === "union") return this.#union(type.of);
    if (type.kind !== "name") return "map";
    const { name, args, scope } = type;
    const [inner] = args;
    if (SCALARS[name]) return SCALARS[name];
    if (inner && name === "Array") return { array: this.#kind(inner) };
    if (inner && name === "Emptyable") return this.#union([{ kind: "literal", value: "" }, inner]);
    const found = this.#declarations.find(name, scope);
    if (found?.alias) return this.#kind(found.alias);
    if (!found) return "any";
    const members = this.#declarations.membersOf(found);
    return members.some((member) => member.name === undefined) ? "map" : { hash: this.hash(found) };
  }

  /** Open enums count as the words that they list: a word that Stripe did not know then is a mistake more often than news. */
  #union(types: readonly Expression[]): Kind {
    const words: string[] = [];
    const others: Kind[] = [];
    for (const type of types) {
      if (type.kind === "name" && type.name === "OtherString") continue;
      const kind = this.#kind(type);
      for (const one of Array.isArray(kind) ? kind : [kind]) {
        if (typeof one === "object" && "words" in one) words.push(...one.words);
        else if (!others.includes(one)) others.push(one);
      }
    }
    const spoken = words.filter(Boolean);
    const kinds = [
      ...(words.includes("") ? ["empty"] : []),
      ...others,
      ...(spoken.length > 0 ? [{ words: spoken }] : []),
    ];
    return kinds.length === 1 && kinds[0] ? kinds[0] : kinds;
  }
}
