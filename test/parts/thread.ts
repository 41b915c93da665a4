import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { parentPort } from "node:worker_threads";

/** The thread in which the parts run that tests talk to. Most runs of a few files ask for none: they are loaded when one is. */

async function answer(request: IncomingMessage): Promise<unknown> {
  const { answers } = await import("./lending.ts");
  const [, part = "", worker = ""] = request.url?.split("/") ?? [];
  return answers[part]?.(worker, JSON.parse((await text(request)) || "{}") as never);
}

const server = createServer((request, response) => {
  answer(request).then(
    (found) => response.end(JSON.stringify(found ?? null)),
    (error) => response.writeHead(500).end(String(error?.stack ?? error)),
  );
});
server.listen(0, "127.0.0.1", () => parentPort?.postMessage((server.address() as AddressInfo).port));
