import type { World } from "../world.ts";
import type { FormHash } from "./form.ts";
import { type Fields, type ParamsOf, readParams, type Schema } from "./params.ts";

export interface Route {
  method: "GET" | "POST" | "DELETE";
  path: string;
  /** The first version of the API that is without it. */
  until?: string;
  /** What it takes. */
  params: Schema<Fields, string>;
  /** Reads the parameters, and throws for wrong ones. What it returns is the execution. */
  begin(form: FormHash): (world: World, path: Record<string, string>) => object;
}

/** The ids that a path names: `{ id: string }` of `/v1/customers/:id`. */
export type Named<P extends string> = P extends `${string}:${infer Rest}`
  ? Rest extends `${infer Name}/${infer Behind}`
    ? { [K in Name]: string } & Named<Behind>
    : { [K in Rest]: string }
  : unknown;

/** One API route: its parameters and what it does. The answer is serialised after `expand` was applied. */
export function route<const P extends string, S extends Schema<Fields, string>>(
  method: Route["method"],
  path: P,
  params: S,
  act: (world: World, params: ParamsOf<S>, path: Named<P>) => object,
): Route {
  return {
    method,
    path,
    params,
    begin: (form) => {
      const read = readParams(params, form);
      // Hono matched the path that the types are read from.
      return (world, named) => act(world, read, named as Named<P>);
    },
  };
}
