import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";

/** What is set. A variable that is not is not there: a thread would read `undefined` as the word. */
export type Environment = Record<string, string>;

type Unsettled = Record<string, string | undefined>;

/**
 * `.env` in the folder, if there is one, below the real environment. An empty value counts as not set.
 * @param file `.env.NAME` for a stage's
 */
export function loadEnvironment(folder: string, real: Unsettled = process.env, file = ".env"): Environment {
  return { ...withoutEmpty(readDotenv(join(folder, file))), ...withoutEmpty(real) };
}

function readDotenv(path: string): Unsettled {
  try {
    return parseEnv(readFileSync(path, "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return {};
    throw error;
  }
}

function withoutEmpty(environment: Unsettled): Environment {
  return Object.fromEntries(Object.entries(environment).flatMap(([name, value]) => (value ? [[name, value]] : [])));
}
