import { existsSync, readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { placeOf } from "./place-of.ts";

/** The file at the project's root that says what is sold, and how; `BILLING_CONFIG` names another. */
export const CONFIG_FILE = "billing.config.ts";

/** The file cannot be read, or is not as it should be. The message says what is wrong, and where: file:line:column. */
export class ConfigFileError extends Error {
  override readonly name = "ConfigFileError";
}

/** What is wrong with what a file holds, by the paths of its fields: `products[0].prices[1].amount`. */
interface Problems {
  problems: { path: string; says: string }[];
}

/**
 * Runs the file and has what it exports by default checked.
 * @param root the project's folder, where what the file imports by name is looked for, too
 * @param named another file, from the project's folder
 * @param parse throws an error that has `problems` when something is not as it should be
 * @returns nothing when no file was named and there is none
 * @throws ConfigFileError
 */
export async function readConfigFile<Config>(
  root: string,
  named: string | undefined,
  parse: (value: unknown) => Config,
): Promise<Config | undefined> {
  const path = resolve(root, named ?? CONFIG_FILE);
  const shown = relative(process.cwd(), path);
  if (!existsSync(path)) {
    if (named === undefined) return undefined;
    throw new ConfigFileError(`There is no ${shown}.`);
  }
  const exported = await load(root, path).catch((error: Error) => {
    throw new ConfigFileError(`${shown} cannot be read: ${whatIsWrong(error, path)}`);
  });
  if (!("default" in exported)) {
    throw new ConfigFileError(
      `${shown} has no default export. Write in it: export default defineBilling({ products: […] });`,
    );
  }
  const source = readFileSync(path, "utf8");
  assertKept(source, shown);
  try {
    return parse(exported.default);
  } catch (error) {
    if (!hasProblems(error)) throw error;
    const lines = error.problems.map((problem) => {
      const place = placeOf(source, problem.path);
      return `  ${place ? `${shown}:${place.line}:${place.column} ` : ""}${problem.path}: ${problem.says}`;
    });
    throw new ConfigFileError([`${shown} is not as it should be:`, ...lines].join("\n"));
  }
}

/** What is written under this name in an object sets its prototype, or nothing: nobody who reads the object would know. */
function assertKept(source: string, shown: string): void {
  const [before, ...found] = source.split(/\b__proto__(?=["'`]?\]?\s*:)/);
  if (!before || found.length === 0) return;
  const lines = before.split("\n");
  throw new ConfigFileError(
    `${shown}:${lines.length}:${(lines.at(-1)?.length ?? 0) + 1} nothing can be kept under the key __proto__ in JavaScript: choose another.`,
  );
}

function hasProblems(error: unknown): error is Problems {
  return error instanceof Error && "problems" in error;
}

/**
 * Runs the file, wherever it is: what it imports by name is looked for beside it, then in the project; and TypeScript is a module,
 * whatever the `package.json` of its folder says.
 */
async function load(root: string, path: string): Promise<{ default?: unknown }> {
  const { href } = pathToFileURL(path);
  const project = pathToFileURL(join(root, "package.json")).href;
  const hooks = registerHooks({
    resolve(name, context, next) {
      try {
        return next(name, context);
      } catch (error) {
        if (/^[./]|:/.test(name)) throw error;
        return next(name, { ...context, parentURL: project });
      }
    },
    load: (url, context, next) =>
      next(url, /\.m?ts$/.test(url) ? { ...context, format: "module-typescript" } : context),
  });
  try {
    return await import(href);
  } finally {
    hooks.deregister();
  }
}

/** What is wrong, and in which line of the file. */
function whatIsWrong(error: Error, path: string): string {
  const [, line] = new RegExp(`${path.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}:(\\d+)`).exec(error.stack ?? "") ?? [];
  return `${error.message.trim()}${line ? `, in line ${line}` : ""}`;
}
