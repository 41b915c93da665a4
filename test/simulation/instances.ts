import { readFileSync } from "node:fs";
import { registerHooks, stripTypeScriptTypes } from "node:module";
import { fileURLToPath } from "node:url";
import { type CodeMutant, mutate } from "./mutants-in-code.ts";

/**
 * What a function remembers between two requests must not outlive a world: a second run of a seed would differ from the first. So each
 * world loads the product's modules anew, under addresses of its own.
 */
const PRODUCT = /\/packages\/(?:core|functions)\/src\/.*\.ts$/;
const WORLD = /\?world=\d+$/;
/** A guarantee that is taken away, in a process that plays for nothing else. */
const mutant = process.env.CODE_MUTANT && (JSON.parse(process.env.CODE_MUTANT) as CodeMutant);
const sources = new Map<string, string>();
let worlds = 0;

registerHooks({
  resolve(specifier, context, next) {
    const resolved = next(specifier, context);
    const [world] = WORLD.exec(context.parentURL ?? "") ?? [];
    return world && PRODUCT.test(resolved.url) ? { ...resolved, url: resolved.url + world } : resolved;
  },
  load(url, context, next) {
    if (!WORLD.test(url)) return next(url, context);
    const file = fileURLToPath(url.replace(WORLD, ""));
    const source = sources.get(file) ?? stripTypeScriptTypes(read(file));
    sources.set(file, source);
    return { format: "module", source, shortCircuit: true };
  },
});

function read(file: string): string {
  const text = readFileSync(file, "utf8");
  return mutant ? mutate(file, text, mutant) : text;
}

/** Loads modules, with all of ours that they import, as a process does that has just started. */
export async function loadAnew<Module>(specifiers: readonly string[]): Promise<Module[]> {
  const world = `?world=${++worlds}`;
  return Promise.all(specifiers.map((specifier) => import(import.meta.resolve(specifier) + world)));
}
