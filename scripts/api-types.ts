/** As far as the document uses it: https://json-schema.org/draft/2020-12 */
interface Schema {
  $ref?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  type?: string | string[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
}

interface Operation {
  parameters?: { name: string }[];
  requestBody?: { content: Record<string, { schema: Schema }> };
  responses: Record<string, { content?: Record<string, { schema: Schema }> }>;
}

export interface Document {
  paths: Record<string, { post?: Operation }>;
  components: { schemas: Record<string, Schema> };
}

/** What customers' routes take and answer as JSON, in TypeScript: for apps that know none of our packages. */
export function apiTypes({ paths, components: { schemas } }: Document): string {
  const answers = new Set(["ErrorCode", "CheckoutSummary", "ChangedMeanwhile", "PaymentRefusal"]);
  const posts = Object.entries(paths).flatMap(([path, { post }]) => {
    const body = post?.requestBody?.content["application/json"]?.schema;
    const answer = post?.responses["200"]?.content?.["application/json"]?.schema;
    if (!body || !answer || path.startsWith("/api/webhooks/")) return [];
    answers.add(typeOf(answer));
    return [`"${path}": { body: ${typeOf(body)}; answer: ${typeOf(answer)} };`];
  });
  const named = Object.entries(schemas).filter(([name]) => answers.has(name));
  return [
    "// Written by `npm run generate`, of docs/openapi.json.",
    `/** The routes that take JSON. */\nexport interface Posts {${posts.join("")}}`,
    ...named.map(([name, schema]) => `export type ${name} = ${typeOf(schema)};`),
  ].join("\n\n");
}

function typeOf(schema: Schema): string {
  const { $ref, anyOf, oneOf, type, items, properties, required = [], additionalProperties } = schema;
  if ($ref) return $ref.replace("#/components/schemas/", "");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (anyOf ?? oneOf) return (anyOf ?? oneOf ?? []).map(typeOf).join(" | ");
  if (Array.isArray(type)) return type.map((each) => typeOf({ ...schema, type: each })).join(" | ");
  switch (type) {
    case "array":
      return `(${typeOf(items ?? {})})[]`;
    case "object":
      if (!properties)
        return `Record<string, ${typeof additionalProperties === "object" ? typeOf(additionalProperties) : "unknown"}>`;
      return `{ ${Object.entries(properties)
        .map(([name, of]) =>
          required.includes(name) ? `${name}: ${typeOf(of)};` : `${name}?: ${typeOf(of)} | undefined;`,
        )
        .join(" ")} }`;
    case "integer":
      return "number";
    case "string":
    case "number":
    case "boolean":
    case "null":
      return type;
    default:
      return "unknown";
  }
}
