import { readFileSync } from "node:fs";
import { type Declaration, DeclarationReader, type Member, type Scope } from "./declaration-reader.ts";

/**
 * Reads the declaration files of the stripe package: the interfaces, namespaces, aliases and classes that its own
 * generator writes.
 */
export class Declarations {
  readonly #files = new Map<string, Scope>();

  /** The top level of a declaration file. `folder` goes before its names: `Checkout` of `resources/Checkout/`. */
  file(path: string): Scope {
    const known = this.#files.get(path);
    if (known) return known;
    const scope: Scope = { names: new Map(), imports: new Map(), parent: undefined };
    this.#files.set(path, scope);
    const folder = /\/resources\/(.+)\/[^/]+$/.exec(path)?.[1]?.replaceAll("/", ".") ?? "";
    new DeclarationReader(readFileSync(path, "utf8"), path, folder).readFile(scope);
    return scope;
  }

  /** What a name means where it is written; undefined for those of TypeScript and of the package's plumbing. */
  find(name: string, scope: Scope): Declaration | undefined {
    const [first = "", ...rest] = name.split(".");
    for (let at: Scope | undefined = scope; at; at = at.parent) {
      const imported = at.imports.get(first);
      if (imported && imported.name === undefined) return this.find(rest.join("."), this.file(imported.path));
      const found = at.names.get(first) ?? (imported?.name && this.find(imported.name, this.file(imported.path)));
      if (found) return rest.reduce<Declaration | undefined>((inner, step) => inner?.scope.names.get(step), found);
    }
    return undefined;
  }

  /** The members of an interface: those it inherits and does not declare anew, then its own. */
  membersOf(declaration: Declaration): Member[] {
    const inherited = declaration.heritage.flatMap((base) => {
      const found = base.kind === "name" ? this.find(base.name, base.scope) : undefined;
      return found ? this.membersOf(found) : [];
    });
    const own = declaration.members ?? [];
    return [...inherited.filter(({ name }) => !own.some((member) => member.name === name)), ...own];
  }
}
