import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";

/** What is set. A variable that is not is not there: a thread would read `undefined` as the word. */
export type Environment = Record<string, string>;

type Unsettled = Record<string, string | undefined>;

/** `.env` in the folder, if there is one, below the real environment. An empty value counts as not set. */
export function loadEnvironment(folder: string, real: Unsettled = process.env): Environment {
  return { ...withoutEmpty(readDotenv(folder)), ...withoutEmpty(real) };
}

function readDotenv(folder: string): Unsettled {
  try {
    return parseEnv(readFileSync(join(folder, ".env"), "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return {};
    throw error;
  }
}

function withoutEmpty(environment: Unsettled): Environment {
  return Object.fromEntries(Object.entries(environment).flatMap(([name, value]) => (value ? [[name, value]] : [])));
}
