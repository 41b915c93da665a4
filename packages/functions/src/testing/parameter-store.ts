import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A Parameter Store of one's own on a free port: SSM's `GetParameters`, as far as it concerns secrets. */
export async function startParameterStore(parameters: Map<string, string>) {
  const requests: string[][] = [];
  const store = { available: true };
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request.setEncoding("utf8")) text += chunk;
    const { Names, WithDecryption }: { Names: string[]; WithDecryption: boolean } = JSON.parse(text);
    requests.push(Names);
    const signed = /^AWS4-HMAC-SHA256 Credential=\w+\/\d{8}\/[\w-]+\/ssm\/aws4_request, /.test(
      request.headers.authorization ?? "",
    );
    const understood = request.headers["x-amz-target"] === "AmazonSSM.GetParameters" && WithDecryption && signed;
    if (!store.available || !understood) return void response.writeHead(understood ? 500 : 400).end("{}");
    const found = Names.flatMap((Name) => {
      const Value = parameters.get(Name);
      return Value === undefined ? [] : [{ Name, Value, Type: "SecureString" }];
    });
    const InvalidParameters = Names.filter((name) => !parameters.has(name));
    response.writeHead(200, { "content-type": "application/x-amz-json-1.1" });
    response.end(JSON.stringify({ Parameters: found, InvalidParameters }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** The names that each request asked for. */
    requests,
    set(parameter: string, value: string) {
      parameters.set(parameter, value);
    },
    /** From now on it fails, or answers again. */
    setAvailable(available: boolean) {
      store.available = available;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
