import type { EmbeddedSupabase } from "@turnpike/local/testing";
import { type Answer, json } from "./arrived.ts";

/** Runs SQL as the service role. */
type Query = EmbeddedSupabase["query"];

interface Signature {
  name: string;
  /** Names and types. */
  arguments: [string, string][];
  isSet: boolean;
  isVoid: boolean;
}

const SIGNATURES = `
  select proname as name, proretset as "isSet", prorettype = 'void'::regtype as "isVoid",
    array(
      select array[proargnames[place], format_type(type, null)]
      from unnest(proargtypes::oid[]) with ordinality given (type, place)
    ) as arguments
  from pg_proc where pronamespace = 'public'::regnamespace`;

const ONE = "application/vnd.pgrst.object+json";

/**
 * PostgREST, as far as the service's own client asks it for anything: functions, and rows by `eq`, `neq` and `in`. Each request is one
 * statement, as PostgREST makes it: @supabase/lite, which takes the other requests, needs twenty times as long for one.
 */
export class Rest {
  readonly #query: Query;
  readonly #functions: ReadonlyMap<string, Signature>;
  /** The names of statements that Postgres has planned, by their text: half of the time of the usual one is its plan. */
  readonly #planned = new Map<string, string>();

  private constructor(query: Query, functions: ReadonlyMap<string, Signature>) {
    this.#query = query;
    this.#functions = functions;
  }

  static async open(query: Query): Promise<Rest> {
    const found = await query<Signature>(SIGNATURES);
    return new Rest(query, new Map(found.map((signature) => [signature.name, signature])));
  }

  /** undefined: it is nothing that is known here. */
  answer(method: string, url: URL, headers: Headers, body: string): Promise<Answer> | undefined {
    const [, api, , place = "", name = ""] = url.pathname.split("/");
    if (api !== "rest") return undefined;
    const signature = place === "rpc" && method === "POST" ? this.#functions.get(name) : undefined;
    const one = headers.get("accept")?.startsWith(ONE) ?? false;
    if (signature) return orRefusal(() => this.#call(signature, body, one));
    if (place === "rpc" || method !== "GET") return undefined;
    return orRefusal(() => this.#select(place, url.searchParams, one));
  }

  async #call({ name, arguments: known, isSet, isVoid }: Signature, body: string, one: boolean): Promise<Answer> {
    const given = new Set(Object.keys(JSON.parse(body || "{}")));
    const used = known.filter(([argument]) => given.has(argument));
    const columns = used.map(([argument, type]) => `"${argument}" ${type}`).join(", ");
    const passed = used.map(([argument]) => `"${argument}" => given."${argument}"`).join(", ");
    const from = used.length > 0 ? `json_to_record($1::json) given (${columns}), lateral` : "";
    const call = `${from} public."${name}"(${passed}) found`;
    const parameters = used.length > 0 ? [body] : [];
    if (isVoid) {
      await this.#run(`select from ${call}`, parameters);
      return { status: 204, headers: new Headers(), text: "" };
    }
    const rows = await this.#list(`select found from ${call}`, parameters);
    return isSet ? listed(rows, one) : json(200, rows === "[]" ? "null" : rows.slice(1, -1));
  }

  async #select(table: string, search: URLSearchParams, one: boolean): Promise<Answer> {
    const parameters: string[] = [];
    const conditions = [...search].flatMap(([column, filter]) => {
      if (column === "select") return [];
      const [, operator, value = ""] = /^(eq|neq|in)\.(.*)$/s.exec(filter) ?? [];
      if (!operator) throw new Error(`A filter that is not known here: ${column}=${filter}`);
      parameters.push(operator === "in" ? value.replace(/^\((.*)\)$/s, "{$1}") : value);
      const place = `$${parameters.length}::text`;
      if (operator === "in") return `"${column}"::text = any (${place}::text[])`;
      return `"${column}"::text ${operator === "eq" ? "=" : "<>"} ${place}`;
    });
    const where = conditions.length > 0 ? `where ${conditions.join(" and ")}` : "";
    const columns = (search.get("select") ?? "*").replace(/[^\w,*]/g, "");
    return listed(
      await this.#list(`select found from (select ${columns} from public."${table}" ${where}) found`, parameters),
      one,
    );
  }

  /** The rows of a query of one column, as JSON. */
  async #list(sql: string, parameters: string[]): Promise<string> {
    const [row] = await this.#run<{ rows: string }>(
      `select coalesce(json_agg(found), '[]')::text as rows from (${sql}) found (found)`,
      parameters,
    );
    return row?.rows ?? "[]";
  }

  async #run<Row>(sql: string, parameters: string[]): Promise<Row[]> {
    let name = this.#planned.get(sql);
    if (!name) {
      name = `simulated_${this.#planned.size}`;
      await this.#query(`prepare ${name} as ${sql}`);
      this.#planned.set(sql, name);
    }
    const given = parameters.map((value) => `'${value.replaceAll("'", "''")}'`).join(", ");
    return this.#query<Row>(`execute ${name}${given && `(${given})`}`);
  }
}

function listed(rows: string, one: boolean): Answer {
  if (!one) return json(200, rows);
  const found = JSON.parse(rows) as object[];
  if (found.length === 1) return json(200, JSON.stringify(found[0]));
  return refusal(406, {
    code: "PGRST116",
    message: "Cannot coerce the result to a single JSON object",
    details: `The result contains ${found.length} rows`,
  });
}

const refusal = (status: number, error: { code: string; message: string; details?: string | null }) =>
  json(status, JSON.stringify({ hint: null, details: null, ...error }));

async function orRefusal(work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    const { code, message, detail } = error as { code?: string; message: string; detail?: string };
    if (code === undefined) throw error;
    const status = code === "42501" ? 403 : /^(40|53|55|57|XX)/.test(code) ? 500 : /^23/.test(code) ? 409 : 400;
    return refusal(status, { code, message, details: detail ?? null });
  }
}
