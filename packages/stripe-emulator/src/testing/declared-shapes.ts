import type { Declaration, Expression } from "../../scripts/declaration-reader.ts";
import { Declarations } from "../../scripts/declarations.ts";
import { answerOf, readCalls } from "../../scripts/stripe-api.ts";

type Hash = Record<string, unknown>;

const isHash = (value: unknown): value is Hash => typeof value === "object" && value !== null && !Array.isArray(value);

/** What Stripe still sends, and the SDK declares no more: as the recorded evt_1Sj9DFQEUxc7vavPtvOXPqDW has it. */
const UNDECLARED: Partial<Record<string, string[]>> = { Subscription: ["plan", "quantity"] };

/** Holds answers, as they travel, against the shapes that the SDK declares for them. */
export class DeclaredShapes {
  readonly #declarations = new Declarations();
  readonly #calls = readCalls(this.#declarations).map(({ operation, method }) => {
    const [verb = "", path = ""] = operation.split(" ");
    return { verb, segments: path.split("/"), answer: answerOf(method) };
  });

  /** What is wrong with an answer, a line for each fault; undefined when the SDK has no such call. */
  faultsOf(verb: string, path: string, answer: unknown): string[] | undefined {
    const segments = path.split("/");
    // Where a word and a variable both fit, the word was meant.
    const fitting = this.#calls
      .filter((call) => call.verb === verb && call.segments.length === segments.length)
      .filter((call) => call.segments.every((segment, index) => segment === ":id" || segment === segments[index]))
      .sort(
        (one, other) =>
          one.segments.filter((s) => s === ":id").length - other.segments.filter((s) => s === ":id").length,
      );
    const declared = fitting[0]?.answer;
    if (!declared) return undefined;
    if (declared.list === "search") return this.#search(answer, declared.type);
    return declared.list ? this.#list(answer, declared.type, "") : this.#check(answer, declared.type, "");
  }

  #check(value: unknown, type: Expression, at: string): string[] {
    if (type.kind === "literal")
      return value === type.value ? [] : [`${at} should be '${type.value}', is ${show(value)}`];
    if (type.kind === "union") return this.#any(value, type.of, at);
    if (type.kind !== "name") return [];
    const { name, args, scope } = type;
    const [inner] = args;
    const scalar = SCALARS[name];
    if (scalar) return scalar(value) ? [] : [`${at} should be ${name}, is ${show(value)}`];
    if (inner && name === "Array") {
      if (!Array.isArray(value)) return [`${at} should be an array, is ${show(value)}`];
      return value.flatMap((item, index) => this.#check(item, inner, `${at}[${index}]`));
    }
    if (inner && name === "ApiList") return this.#list(value, inner, at);
    const partial = inner?.kind === "name" && name === "Partial" ? inner : undefined;
    const found = this.#declarations.find(partial?.name ?? name, partial?.scope ?? scope);
    if (!found) return [`${at} is of a type that is not known: ${name}`];
    if (found.alias) return this.#check(value, found.alias, at);
    return this.#hash(value, found, at, partial !== undefined);
  }

  /** By the alternative that is least wrong, of those whose `object` and `type` are the value's. */
  #any(value: unknown, types: readonly Expression[], at: string): string[] {
    const meant = types.filter((type) => !this.#isOther(value, type));
    const faults = (meant.length > 0 ? meant : types).map((type) => this.#check(value, type, at));
    return faults.reduce((least, next) => (next.length < least.length ? next : least));
  }

  #isOther(value: unknown, type: Expression): boolean {
    if (!isHash(value) || type.kind !== "name") return false;
    const members = this.#declarations.find(type.name, type.scope)?.members ?? [];
    return members.some(
      ({ name = "", type: declared }) =>
        (name === "object" || name === "type") && declared.kind === "literal" && value[name] !== declared.value,
    );
  }

  #search(value: unknown, item: Expression): string[] {
    if (!isHash(value) || value.object !== "search_result") return ["the answer should be the result of a search"];
    const { next_page: next, total_count: total = 0, ...list } = value;
    const faults = (next === null || typeof next === "string") && typeof total === "number" ? [] : ["lacks next_page"];
    return [...faults, ...this.#list({ ...list, object: "list" }, item, "")];
  }

  #list(value: unknown, item: Expression, at: string): string[] {
    if (!isHash(value) || !Array.isArray(value.data) || value.object !== "list") return [`${at} should be a list`];
    const { object: _, data, has_more: more, url, ...others } = value;
    const faults = typeof more === "boolean" && typeof url === "string" ? [] : [`${at} lacks has_more or url`];
    const strange = Object.keys(others).map((key) => `${at}.${key} is not declared`);
    return [...faults, ...strange, ...data.flatMap((each, index) => this.#check(each, item, `${at}.data[${index}]`))];
  }

  #hash(value: unknown, declaration: Declaration, at: string, partial: boolean): string[] {
    if (!isHash(value)) return [`${at} should be a ${declaration.name}, is ${show(value)}`];
    const members = this.#declarations.membersOf(declaration);
    const open = members.find(({ name }) => name === undefined);
    if (open) return Object.entries(value).flatMap(([key, word]) => this.#check(word, open.type, `${at}.${key}`));
    const strange = Object.keys(value)
      .filter((key) => !members.some(({ name }) => name === key) && !UNDECLARED[declaration.name]?.includes(key))
      .map((key) => `${at}.${key} is not declared for ${declaration.name}`);
    const faults = members.flatMap(({ name = "", optional, type }) => {
      if (value[name] !== undefined && !partial) return this.#check(value[name], type, `${at}.${name}`);
      return optional || partial ? [] : [`${at}.${name} of ${declaration.name} is missing`];
    });
    return [...strange, ...faults];
  }
}

const SCALARS: Record<string, (value: unknown) => boolean> = {
  string: (value) => typeof value === "string",
  OtherString: (value) => typeof value === "string",
  Decimal: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  boolean: (value) => typeof value === "boolean",
  true: (value) => value === true,
  false: (value) => value === false,
  null: (value) => value === null,
  void: (value) => value === undefined,
};

const show = (value: unknown) => JSON.stringify(value)?.slice(0, 60);
