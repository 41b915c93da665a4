import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { SystemDescription } from "@turnpike/local/testing/stacks";
import { type Described, described } from "./openapi/answers.ts";
import { type Contract, refusalsOf, requestOf } from "./openapi/contract.ts";
import { schemas } from "./openapi/schemas.ts";

/**
 * The OpenAPI document. Its routes are those of the stacks; what each takes is said by its handler, with the schema that it checks
 * requests with; what it answers by the schemas of the answers.
 */
export async function openApi(system: SystemDescription, root: string): Promise<object> {
  const paths: Record<string, Record<string, object>> = {};
  for (const { method, path, functionName } of system.routes) {
    const handlerOf = system.functions.find(({ name }) => name === functionName)?.handler ?? "";
    const contract = await readContract(join(root, handlerOf.replace(/\.\w+$/, ".ts")));
    const answers = described[functionName];
    if (!answers)
      throw new Error(`The route ${method} ${path} has no answers: say in scripts/openapi/answers.ts what it gives.`);
    paths[path] = { ...paths[path], [method.toLowerCase()]: operation(method, contract, answers) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Turnpike", version: "0.1.0", license: { name: "MIT" } },
    paths,
    components: { securitySchemes, schemas: schemas() },
  };
}

/** A handler that is no customer's route (the webhook's, health's) has none. */
async function readContract(file: string): Promise<Contract | undefined> {
  const { handler }: { handler: { contract?: Contract } } = await import(pathToFileURL(file).href);
  return handler.contract;
}

function operation(method: string, contract: Contract | undefined, { summary, request, responses }: Described): object {
  return {
    summary,
    ...(contract ? requestOf(contract) : request),
    responses: { ...refusalsOf(method, contract), ...responses },
  };
}

const securitySchemes = {
  cookie: {
    type: "apiKey",
    in: "cookie",
    name: "sb-<project>-auth-token",
    description: "The session cookie of @supabase/ssr. Posts need an Origin header of the site's.",
  },
  bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT", description: "A Supabase access token." },
};
