import { generateKeyPairSync } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

/** What breaks: the database, Stripe, or the wire to both. */
export type Breakage = "database" | "stripe" | "wire";

/**
 * Stands where Stripe and Supabase should, and answers with errors that quote what they were sent: the address, the headers with
 * every key in them, and the body; also on lines that look like those of a stack.
 */
export async function startHostileServices() {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const kid = "hostile";
  const jwks = {
    keys: [{ ...publicKey.export({ format: "jwk" }), kid, alg: "ES256", use: "sig", key_ops: ["verify"] }],
  };
  let broken: Breakage = "database";

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { status, body } = answer(request, Buffer.concat(chunks).toString());
    if (status === 0) return request.socket.destroy();
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  });

  function answer(request: IncomingMessage, body: string): { status: number; body: unknown } {
    const { url = "", headers } = request;
    const sent = `${url} ${JSON.stringify(headers)} ${decodeURIComponent(body.replaceAll("+", " "))}`;
    const quote = `refused ${sent}\n    at ${sent}\n    at quote (${sent}:1:1)`;
    if (url.endsWith("/jwks.json")) return { status: 200, body: jwks };
    if (broken === "wire") return { status: 0, body: undefined };
    if (url.startsWith("/v1/")) {
      const error = { type: "invalid_request_error", code: "parameter_invalid_empty", message: quote, param: quote };
      return { status: 400, body: { error } };
    }
    if (broken === "database")
      return { status: 500, body: { code: "XX000", message: quote, details: quote, hint: quote } };
    return { status: 200, body: rowsOf(url, headers.accept ?? "", body) };
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    privateKey,
    kid,
    break(what: Breakage) {
      broken = what;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

/** A database in which everything is there, so that the request gets as far as Stripe. */
function rowsOf(url: string, accept: string, body: string): unknown {
  const [, resource] = /^\/rest\/v1\/([\w/]+)/.exec(url) ?? [];
  if (resource === "rpc/apply_stripe_changes") {
    const { changes } = JSON.parse(body) as { changes: { event_id?: string }[] };
    return changes.map(({ event_id }) => ({ event_id, outcome: "ambiguous" }));
  }
  if (resource === "rpc/user_exists") return true;
  if (resource === "rpc/find_buyer") return { email: null, email_confirmed: false };
  if (resource === "rpc/begin_sale") return true;
  if (resource?.startsWith("rpc/")) return null;
  if (resource === "checkout_sessions" || resource === "user_subscriptions") return [];
  const row = { id: `${resource}_1`, product_id: "prod_1", type: "one_time" };
  return accept.includes("vnd.pgrst.object") ? row : [row];
}
