import { connect, createServer, type Socket } from "node:net";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

interface Route {
  host: string;
  port: number;
  roundTripMs: number;
}

/** A proxy before a server that lets every request wait, on a thread of its own. Answers its port. */
export async function startDelayProxy(route: Route): Promise<{ port: number; close(): Promise<void> }> {
  const worker = new Worker(new URL(import.meta.url), { workerData: route });
  const port = await new Promise<number>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  return { port, close: async () => void (await worker.terminate()) };
}

function serve({ host, port, roundTripMs }: Route): void {
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ host, port, noDelay: true });
    // The whole delay is on the way there: a timer on the way back would add its own rounding up to a millisecond.
    client.on("data", (chunk) => void setTimeout(() => upstream.write(chunk), roundTripMs));
    upstream.on("data", (chunk) => void client.write(chunk));
    endTogether(client, upstream);
  });
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    parentPort?.postMessage(typeof address === "object" ? address?.port : undefined);
  });
}

function endTogether(one: Socket, other: Socket): void {
  for (const [socket, peer] of [
    [one, other],
    [other, one],
  ] as const) {
    socket.on("error", () => peer.destroy());
    socket.on("close", () => peer.destroy());
  }
}

if (!isMainThread) serve(workerData as Route);
