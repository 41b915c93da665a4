import type { World } from "../world.ts";
import type { FormHash } from "./form.ts";
import { type Fields, type ParamsOf, readParams, type Schema } from "./params.ts";

export interface Route {
  method: "GET" | "POST" | "DELETE";
  path: string;
  /** What it takes. */
  params: Schema<Fields, string>;
  /** Reads the parameters, and throws for wrong ones. What it returns is the execution. */
  begin(form: FormHash): (world: World, path: Record<string, string>) => object;
}

/** One API route: its parameters and what it does. The answer is serialised after `expand` was applied. */
export function route<S extends Schema<Fields, string>>(
  method: Route["method"],
  path: string,
  params: S,
  act: (world: World, params: ParamsOf<S>, path: Record<string, string>) => object,
): Route {
  return {
    method,
    path,
    params,
    begin: (form) => {
      const read = readParams(params, form);
      return (world, named) => act(world, read, named);
    },
  };
}
