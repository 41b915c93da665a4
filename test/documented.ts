import { readFileSync } from "node:fs";
import { expect } from "vitest";
import * as z from "zod";

interface Operation {
  responses: Record<string, { content?: Record<string, { schema: { $ref: string } }>; headers?: object }>;
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, object> };
}
const openApi: Document = JSON.parse(readFileSync("docs/openapi.json", "utf8"));

/** Fails when a route of the API answered what docs/openapi.json does not say: another status, another body, a field too many. */
export async function expectDocumented(method: string, path: string, answer: Response): Promise<void> {
  const documented = operationAt(method, path);
  if (!documented) return;
  const what = `${method} ${path}: ${answer.status}`;
  const response = documented.responses[answer.status];
  expect(response, `${what} is not in docs/openapi.json`).toBeDefined();
  const { $ref = "" } = response?.content?.["application/json"]?.schema ?? {};
  const schema = schemaAt($ref);
  const body = await answer.clone().text();
  if (!schema) return expect(body, what).toBe("");
  const whole = inlined({ ...schema, additionalProperties: false });
  const { error } = z.fromJSONSchema(whole).safeParse(JSON.parse(body));
  expect(error?.issues ?? [], `${what} ${$ref}`).toEqual([]);
}

const schemaAt = (ref: string) => openApi.components.schemas[ref.replace("#/components/schemas/", "")];

/** A schema with those in it that it refers to by their names. */
const inlined = <Schema>(schema: Schema): Schema =>
  JSON.parse(JSON.stringify(schema), (_, value) => (value?.$ref ? schemaAt(value.$ref) : value));

/** The statements of the first example in SQL of one of the guides. */
export function exampleOf(guide: string): string[] {
  const [, example = ""] = /```sql\n(.+?)```/s.exec(readFileSync(guide, "utf8")) ?? [];
  return example.split(/;\n(?=\n|create|alter|grant|--)/).filter((statement) => statement.trim() !== "");
}

function operationAt(method: string, path: string): Operation | undefined {
  const { pathname } = new URL(path, "http://localhost");
  const matches = (template: string) => new RegExp(`^${template.replace(/\{\w+\}/g, "[^/]+")}$`).test(pathname);
  const found = Object.entries(openApi.paths).find(([template]) => matches(template));
  return found?.[1][method.toLowerCase()];
}
