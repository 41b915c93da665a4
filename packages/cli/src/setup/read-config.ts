import { existsSync, readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ConfigError, parseConfig } from "@turnpike/core/setup";
import { CliError, EXIT } from "../exit-codes.ts";
import { PROJECT_ROOT } from "../project.ts";
import { placeOf } from "./place-of.ts";

const FILE = "billing.config.ts";

/**
 * Reads what is to be sold.
 * @param named another file than `billing.config.ts` at the project's root
 * @returns nothing when no file was named and there is none
 * @throws CliError which says what is wrong where, or that a file of that name is in the folder that we are called in alone
 */
export async function readConfig(named: string | undefined) {
  const path = named === undefined ? resolve(PROJECT_ROOT, FILE) : resolve(named);
  const shown = relative(process.cwd(), path);
  if (!existsSync(path)) {
    if (named !== undefined) throw new CliError(`There is no ${shown}.`, EXIT.usage);
    if (!existsSync(FILE)) return undefined;
    throw new CliError(
      `There is a ${FILE} in this folder, and none at the project's root, ${PROJECT_ROOT}: say --config ${FILE} if it is meant.`,
      EXIT.usage,
    );
  }
  const { default: config } = await load(path).catch((error: Error) => {
    throw new CliError(`${shown} cannot be read: ${whatIsWrong(error, path)}`, EXIT.usage);
  });
  try {
    return parseConfig(config);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const source = readFileSync(path, "utf8");
    const lines = error.problems.map((problem) => {
      const place = placeOf(source, problem.path);
      return `  ${place ? `${shown}:${place.line}:${place.column} ` : ""}${problem.path}: ${problem.says}`;
    });
    throw new CliError([`${shown} is not as it should be:`, ...lines].join("\n"), EXIT.usage);
  }
}

/**
 * Runs the file, wherever it is: what it imports by name is looked for beside it, then in the project; and TypeScript is a module,
 * whatever the `package.json` of its folder says.
 */
async function load(path: string): Promise<{ default: unknown }> {
  const { href } = pathToFileURL(path);
  const project = pathToFileURL(join(PROJECT_ROOT, "package.json")).href;
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
