import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";

export type Environment = Record<string, string | undefined>;

/** `.env` in the project's folder, if there is one, below the real environment. An empty value counts as not set. */
export function loadEnvironment(root: string, real: Environment = process.env): Environment {
  return { ...withoutEmpty(readDotenv(root)), ...withoutEmpty(real) };
}

function readDotenv(root: string): Environment {
  try {
    return parseEnv(readFileSync(join(root, ".env"), "utf8"));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return {};
    throw error;
  }
}

function withoutEmpty(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""));
}
