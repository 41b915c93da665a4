import { dirname, join } from "node:path";

/** A type as a declaration file writes it. */
export type Expression =
  | { kind: "literal"; value: string }
  | { kind: "name"; name: string; args: Expression[]; scope: Scope }
  | { kind: "union" | "intersection"; of: Expression[] }
  | { kind: "object"; members: Member[] };

/** `name` is undefined for an index signature. */
export interface Member {
  name: string | undefined;
  optional: boolean;
  type: Expression;
}

export interface Method {
  name: string;
  parameters: Member[];
  returns: Expression;
}

/** What one name stands for: an interface, class, alias or namespace, or several of these under the same name. */
export interface Declaration {
  /** With the namespaces around it, and the folder its file is in: `Checkout.SessionCreateParams`. */
  name: string;
  members?: Member[];
  heritage: Expression[];
  alias?: Expression;
  methods: Method[];
  scope: Scope;
}

export interface Scope {
  names: Map<string, Declaration>;
  /** The names of other files: as called there (undefined: the whole file), and where. */
  imports: Map<string, { name: string | undefined; path: string }>;
  parent: Scope | undefined;
}

const TOKEN = /\/\*[\s\S]*?\*\/|\/\/.*|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[\w$]+(?:\.[\w$]+)*|=>|\.\.\.|[^\s])/g;

/** Reads one declaration file. Its names get the namespaces around them in front, and `folder`. */
export class Parser {
  readonly #tokens: string[];
  readonly #path: string;
  readonly #folder: string;
  #at = 0;

  constructor(source: string, path: string, folder: string) {
    this.#tokens = [...source.matchAll(TOKEN)].flatMap(([, token]) => token ?? []);
    this.#path = path;
    this.#folder = folder;
  }

  readFile(scope: Scope): void {
    while (this.#at < this.#tokens.length) this.#statement(scope, this.#folder);
  }

  #statement(scope: Scope, prefix: string): void {
    while (["export", "declare"].includes(this.#peek())) this.#next();
    const word = this.#peek() === "{" ? "import" : this.#next();
    if (word === "import") this.#import(scope);
    else if (word === "namespace") {
      const declaration = this.#declare(scope, prefix);
      this.#expect("{");
      while (!this.#skip("}")) this.#statement(declaration.scope, declaration.name);
    } else if (word === "interface" || word === "class") this.#interface(this.#declare(scope, prefix), scope);
    else if (word === "type") {
      const declaration = this.#declare(scope, prefix);
      this.#typeParameters();
      this.#expect("=");
      declaration.alias = this.#type(declaration.scope);
      this.#expect(";");
    } else while (this.#next() !== ";");
  }

  /** `import`, `import X = Y.X` and `export { … }`: what a file or namespace passes on is found in it like its own. */
  #import(scope: Scope): void {
    const names: [alias: string, name: string | undefined][] = [];
    if (this.#skip("*")) {
      this.#expect("as");
      names.push([this.#next(), undefined]);
    } else if (this.#skip("{")) {
      while (!this.#skip("}")) {
        const name = this.#next();
        names.push([this.#skip("as") ? this.#next() : name, name]);
        this.#skip(",");
      }
    } else {
      const alias = this.#next();
      this.#expect("=");
      names.push([alias, this.#next()]);
    }
    if (this.#skip(";")) {
      for (const [alias, name = ""] of names) this.#alias(scope, alias, name);
      return;
    }
    this.#expect("from");
    const from = this.#next().slice(1, -1);
    this.#expect(";");
    if (/\/(Decimal|StripeResource|lib|multipart|stripe\.core)\.js$/.test(from)) return;
    const path = join(dirname(this.#path), from.replace(/\.js$/, ".d.ts"));
    for (const [alias, name] of names) scope.imports.set(alias, { name, path });
  }

  /** The name may be that of the alias itself: it is looked for outside. */
  #alias(scope: Scope, alias: string, name: string): void {
    if (!scope.parent) return;
    const type: Expression = { kind: "name", name, args: [], scope: scope.parent };
    scope.names.set(alias, { name: alias, heritage: [], methods: [], scope, alias: type });
  }

  #declare(scope: Scope, prefix: string): Declaration {
    const name = this.#next();
    const isFolder = prefix === this.#folder && name === prefix.split(".")[0];
    const full = prefix === "" || isFolder ? name : `${prefix}.${name}`;
    const inner: Scope = { names: new Map(), imports: new Map(), parent: scope };
    const declaration = scope.names.get(name) ?? { name: full, heritage: [], methods: [], scope: inner };
    scope.names.set(name, declaration);
    return declaration;
  }

  #interface(declaration: Declaration, scope: Scope): void {
    this.#typeParameters();
    if (this.#skip("extends")) {
      do declaration.heritage.push(this.#primary(scope));
      while (this.#skip(","));
    }
    this.#expect("{");
    const members: Member[] = [];
    while (!this.#skip("}")) this.#member(declaration.scope, members, declaration.methods);
    declaration.members = [...(declaration.members ?? []), ...members];
  }

  #member(scope: Scope, members: Member[], methods: Method[]): void {
    while (["private", "protected", "readonly"].includes(this.#peek())) this.#next();
    if (this.#skip("[")) {
      while (!this.#skip("]")) this.#next();
      this.#expect(":");
      members.push({ name: undefined, optional: true, type: this.#type(scope) });
      this.#expect(";");
      return;
    }
    const name = this.#next().replace(/^['"]|['"]$/g, "");
    const optional = this.#skip("?");
    if (this.#skip("(")) {
      const parameters = this.#parameters(scope);
      if (this.#skip(":")) methods.push({ name, parameters, returns: this.#type(scope) });
      this.#expect(";");
      return;
    }
    if (this.#skip(":")) members.push({ name, optional, type: this.#type(scope) });
    this.#expect(";");
  }

  #parameters(scope: Scope): Member[] {
    const parameters: Member[] = [];
    while (!this.#skip(")")) {
      this.#skip("...");
      const name = this.#next();
      const optional = this.#skip("?");
      this.#expect(":");
      parameters.push({ name, optional, type: this.#type(scope) });
      this.#skip(",");
    }
    return parameters;
  }

  #typeParameters(): void {
    if (this.#skip("<")) while (!this.#skip(">")) this.#next();
  }

  #type(scope: Scope): Expression {
    this.#skip("|");
    const of = [this.#intersection(scope)];
    while (this.#skip("|")) of.push(this.#intersection(scope));
    return of.length === 1 && of[0] ? of[0] : { kind: "union", of };
  }

  #intersection(scope: Scope): Expression {
    const of = [this.#primary(scope)];
    while (this.#skip("&")) of.push(this.#primary(scope));
    return of.length === 1 && of[0] ? of[0] : { kind: "intersection", of };
  }

  #primary(scope: Scope): Expression {
    this.#skip("typeof");
    const token = this.#next();
    if (token === "(") return this.#parenthesised(scope);
    if (token === "{") {
      const members: Member[] = [];
      while (!this.#skip("}")) this.#member(scope, members, []);
      return { kind: "object", members };
    }
    if (/^['"]/.test(token)) return { kind: "literal", value: token.slice(1, -1) };
    if (!/^[\w$]/.test(token)) throw new Error(`${this.#path}: a type was expected, not ${token}`);
    const args: Expression[] = [];
    if (this.#skip("<")) {
      while (!this.#skip(">")) {
        args.push(this.#type(scope));
        this.#skip(",");
      }
    }
    return { kind: "name", name: token, args, scope };
  }

  /** A type in parentheses, or that of a function. */
  #parenthesised(scope: Scope): Expression {
    if (this.#peek(1) === ":" || this.#peek() === ")" || this.#peek(1) === "?") {
      this.#parameters(scope);
      this.#expect("=>");
      return this.#type(scope);
    }
    const inner = this.#type(scope);
    this.#expect(")");
    return inner;
  }

  #peek(ahead = 0): string {
    return this.#tokens[this.#at + ahead] ?? "";
  }

  #next(): string {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw new Error(`${this.#path} ends too early.`);
    this.#at += 1;
    return token;
  }

  #skip(token: string): boolean {
    if (this.#peek() !== token) return false;
    this.#at += 1;
    return true;
  }

  #expect(token: string): void {
    const found = this.#next();
    if (found !== token) throw new Error(`${this.#path}: ${token} was expected, not ${found}`);
  }
}
