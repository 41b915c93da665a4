import type { Lead } from "../src/api/stripe-api.ts";
import type { Declaration, Expression } from "./declaration-reader.ts";
import type { Declarations } from "./declarations.ts";

type Leads = Record<string, Lead>;

/** Finds what can be expanded: attributes declared as an id or the object behind it, and lists that are optional. */
export class ExpandableTypes {
  readonly #types: Record<string, Leads> = {};
  readonly #declarations: Declarations;

  constructor(declarations: Declarations) {
    this.#declarations = declarations;
  }

  /**
   * The attributes that lead somewhere, by type: of these types, of what is in them, and of what they list. Behind an
   * id it goes on only where one of these types is.
   */
  leadsFrom(roots: ReadonlySet<string>): Record<string, Leads> {
    this.#dropDeadEnds();
    const found: Record<string, Leads> = {};
    const visit = (name: string) => {
      const leads = this.#types[name];
      if (!leads || found[name] || (Object.keys(leads).length === 0 && !roots.has(name))) return;
      found[name] = leads;
      for (const lead of Object.values(leads)) {
        const next = targetsOf(lead);
        for (const target of next) if (!("ids" in lead) || roots.has(target)) visit(target);
      }
    };
    for (const root of roots) visit(root);
    return found;
  }

  /** Takes away the attributes with nothing to expand in them, until all that are left lead somewhere. */
  #dropDeadEnds(): void {
    let dropped = true;
    while (dropped) {
      dropped = false;
      for (const leads of Object.values(this.#types)) {
        for (const [name, lead] of Object.entries(leads)) {
          if (!("within" in lead)) continue;
          const alive = lead.within.filter((type) => Object.keys(this.#types[type] ?? {}).length > 0);
          if (alive.length === lead.within.length) continue;
          dropped = true;
          if (alive.length > 0) leads[name] = { within: alive };
          else delete leads[name];
        }
      }
    }
  }

  /** The names of the interfaces that a type is made of. */
  typesOf(type: Expression): string[] {
    return this.#parts(type).flatMap((part) => {
      const found = this.#interface(part);
      return found ? [this.#add(found)] : [];
    });
  }

  #add(declaration: Declaration): string {
    const { name } = declaration;
    if (this.#types[name]) return name;
    const leads: Leads = {};
    this.#types[name] = leads;
    for (const member of this.#declarations.membersOf(declaration)) {
      const lead = this.#lead(member.type, member.optional);
      if (lead && member.name !== undefined) leads[member.name] = lead;
    }
    return name;
  }

  #lead(type: Expression, optional: boolean): Lead | undefined {
    const parts = this.#parts(type);
    for (const part of parts) {
      if (part.kind !== "name") continue;
      const [inner] = part.args;
      if (inner && part.name === "Array") return this.#lead(inner, false);
      if (!inner || part.name !== "ApiList") continue;
      const [of] = this.typesOf(inner);
      if (of !== undefined) return optional ? { includable: of } : { list: of };
    }
    const types = this.typesOf(type);
    if (types.length === 0) return undefined;
    return parts.some((part) => part.kind === "name" && part.name === "string") ? { ids: types } : { within: types };
  }

  /** The alternatives of a union, aliases followed. */
  #parts(type: Expression): Expression[] {
    if (type.kind === "union") return type.of.flatMap((part) => this.#parts(part));
    if (type.kind !== "name") return [type];
    const alias = this.#declarations.find(type.name, type.scope)?.alias;
    return alias && type.args.length === 0 ? this.#parts(alias) : [type];
  }

  #interface(type: Expression): Declaration | undefined {
    const found = type.kind === "name" ? this.#declarations.find(type.name, type.scope) : undefined;
    return found?.members && found.methods.length === 0 ? found : undefined;
  }
}

const targetsOf = (lead: Lead): string[] =>
  "ids" in lead ? lead.ids : "within" in lead ? lead.within : ["list" in lead ? lead.list : lead.includable];
