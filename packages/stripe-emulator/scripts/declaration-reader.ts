import { dirname, join } from "node:path";
import {
  type Class,
  type ClassElement,
  type ExportNamedDeclaration,
  type ImportDeclaration,
  type ParamPattern,
  parseSync,
  type Statement,
  type TSInterfaceDeclaration,
  type TSSignature,
  type TSType,
  type TSTypeAnnotation,
  type TSTypeParameterInstantiation,
} from "oxc-parser";

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

/** What is read of a file: everything else in it (constants, plumbing) says nothing of types. */
type Named = ImportDeclaration | ExportNamedDeclaration;

/**
 * Reads one declaration file. Its names get the namespaces around them in front, and `folder`.
 * @throws At what is no TypeScript.
 */
export class DeclarationReader {
  readonly #source: string;
  readonly #path: string;
  readonly #folder: string;

  constructor(source: string, path: string, folder: string) {
    this.#source = source;
    this.#path = path;
    this.#folder = folder;
  }

  readFile(scope: Scope): void {
    const { program, errors } = parseSync(this.#path, this.#source);
    const [error] = errors;
    if (error) throw new Error(`${this.#path}: ${error.message}`);
    for (const statement of program.body) this.#statement(statement, scope, this.#folder);
  }

  #statement(statement: Statement, scope: Scope, prefix: string): void {
    if (statement.type === "ImportDeclaration") this.#names(statement, scope);
    else if (statement.type === "ExportNamedDeclaration") {
      if (statement.declaration) this.#statement(statement.declaration, scope, prefix);
      else this.#names(statement, scope);
    } else if (statement.type === "TSImportEqualsDeclaration")
      this.#alias(scope, statement.id.name, this.#text(statement.moduleReference));
    else if (statement.type === "TSModuleDeclaration") {
      const declaration = this.#declare(this.#text(statement.id), scope, prefix);
      for (const inner of statement.body?.body ?? [])
        this.#statement(inner as Statement, declaration.scope, declaration.name);
    } else if (statement.type === "TSInterfaceDeclaration" || statement.type === "ClassDeclaration")
      this.#interface(statement, scope, prefix);
    else if (statement.type === "TSTypeAliasDeclaration") {
      const declaration = this.#declare(statement.id.name, scope, prefix);
      declaration.alias = this.#type(statement.typeAnnotation, declaration.scope);
    }
  }

  /** `import` and `export { … }`: what a file or namespace passes on is found in it like its own. */
  #names(statement: Named, scope: Scope): void {
    const path = statement.source && join(dirname(this.#path), statement.source.value.replace(/\.js$/, ".d.ts"));
    for (const one of statement.specifiers) {
      const alias = this.#text(one.type === "ExportSpecifier" ? one.exported : one.local);
      const named = one.type === "ImportSpecifier" ? one.imported : one.type === "ExportSpecifier" && one.local;
      const name = named ? this.#text(named) : undefined;
      if (path) scope.imports.set(alias, { name, path });
      else if (name !== undefined) this.#alias(scope, alias, name);
    }
  }

  /** The name may be that of the alias itself: it is looked for outside. */
  #alias(scope: Scope, alias: string, name: string): void {
    if (!scope.parent) return;
    const type: Expression = { kind: "name", name, args: [], scope: scope.parent };
    scope.names.set(alias, { name: alias, heritage: [], methods: [], scope, alias: type });
  }

  #declare(name: string, scope: Scope, prefix: string): Declaration {
    const isFolder = prefix === this.#folder && name === prefix.split(".")[0];
    const full = prefix === "" || isFolder ? name : `${prefix}.${name}`;
    const inner: Scope = { names: new Map(), imports: new Map(), parent: scope };
    const declaration = scope.names.get(name) ?? { name: full, heritage: [], methods: [], scope: inner };
    scope.names.set(name, declaration);
    return declaration;
  }

  #interface(node: TSInterfaceDeclaration | Class, scope: Scope, prefix: string): void {
    if (!node.id) return;
    const declaration = this.#declare(node.id.name, scope, prefix);
    const bases =
      node.type === "TSInterfaceDeclaration"
        ? node.extends.map((base) => ({ of: base.expression, args: base.typeArguments }))
        : node.superClass
          ? [{ of: node.superClass, args: node.superTypeArguments }]
          : [];
    for (const { of, args } of bases) declaration.heritage.push(this.#name(this.#text(of), args, scope));
    const members = this.#members(node.body.body, declaration.scope);
    declaration.members = [...(declaration.members ?? []), ...members];
    declaration.methods.push(...this.#methods(node.body.body, declaration.scope));
  }

  #members(nodes: readonly (TSSignature | ClassElement)[], scope: Scope): Member[] {
    return nodes.flatMap((node) => {
      if (node.type === "TSIndexSignature")
        return { name: undefined, optional: true, type: this.#annotated(node.typeAnnotation, scope) };
      if (node.type !== "TSPropertySignature" && node.type !== "PropertyDefinition") return [];
      if (!node.typeAnnotation) return []; // a private one of a class
      const name = this.#key(node.key);
      return { name, optional: node.optional === true, type: this.#annotated(node.typeAnnotation, scope) };
    });
  }

  #methods(nodes: readonly (TSSignature | ClassElement)[], scope: Scope): Method[] {
    return nodes.flatMap((node) => {
      const signature =
        node.type === "MethodDefinition" ? node.value : node.type === "TSMethodSignature" ? node : undefined;
      if (!signature?.returnType || !("key" in node)) return []; // a constructor has none
      const { params, returnType } = signature;
      const parameters = params.map((parameter) => this.#parameter(parameter, scope));
      return { name: this.#key(node.key), parameters, returns: this.#annotated(returnType, scope) };
    });
  }

  #parameter(node: ParamPattern, scope: Scope): Member {
    const { optional, typeAnnotation } = node.type === "TSParameterProperty" ? node.parameter : node;
    const name = node.type === "Identifier" ? node.name : undefined;
    return { name, optional: optional === true, type: this.#annotated(typeAnnotation, scope) };
  }

  #annotated(annotation: TSTypeAnnotation | null | undefined, scope: Scope): Expression {
    return annotation ? this.#type(annotation.typeAnnotation, scope) : this.#name("any", null, scope);
  }

  #type(node: TSType, scope: Scope): Expression {
    switch (node.type) {
      case "TSUnionType":
        return { kind: "union", of: node.types.map((type) => this.#type(type, scope)) };
      case "TSIntersectionType":
        return { kind: "intersection", of: node.types.map((type) => this.#type(type, scope)) };
      case "TSParenthesizedType":
        return this.#type(node.typeAnnotation, scope);
      case "TSFunctionType":
        return this.#annotated(node.returnType, scope);
      case "TSArrayType":
        return { kind: "name", name: "Array", args: [this.#type(node.elementType, scope)], scope };
      case "TSTypeLiteral":
        return { kind: "object", members: this.#members(node.members, scope) };
      case "TSLiteralType":
        if (node.literal.type === "Literal" && typeof node.literal.value === "string")
          return { kind: "literal", value: node.literal.value };
        break;
      case "TSTypeReference":
        return this.#name(this.#text(node.typeName), node.typeArguments, scope);
      case "TSTypeQuery":
        return this.#name(this.#text(node.exprName), null, scope);
    }
    // `string`, or something that only the package's plumbing has: a name that stands for nothing.
    return this.#name(this.#text(node), null, scope);
  }

  #name(name: string, args: TSTypeParameterInstantiation | null | undefined, scope: Scope): Expression {
    return { kind: "name", name, args: (args?.params ?? []).map((type) => this.#type(type, scope)), scope };
  }

  #key(node: { start: number; end: number }): string {
    return this.#text(node).replace(/^['"]|['"]$/g, "");
  }

  /** As the file writes it. */
  #text({ start, end }: { start: number; end: number }): string {
    return this.#source.slice(start, end);
  }
}
