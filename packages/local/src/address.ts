import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { UserError } from "./user-error.ts";

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

/** The one address of everything, taken before anything else starts. */
export interface Address {
  port: number;
  /** For what listens to the server itself: Vite's web socket. */
  server: Server;
  /** From now on requests are answered; the earlier ones have waited. */
  serve(listener: RequestListener): void;
  close(): Promise<void>;
}

/**
 * Listens on this machine only, by IPv4 and, where there is one, by IPv6: a browser may take `localhost` for either.
 * @param port 0 for a free one.
 * @throws UserError when the port is taken.
 */
export async function listen(port: number): Promise<Address> {
  let serve: (listener: RequestListener) => void = () => {};
  const listener = new Promise<RequestListener>((resolve) => {
    serve = resolve;
  });
  const answer: RequestListener = async (request, response) => (await listener)(request, response);
  const server = createServer(answer);
  await bind(server, port, "127.0.0.1");
  const bound = (server.address() as AddressInfo).port;
  const ipv6 = createServer(answer);
  ipv6.on("upgrade", (...connection) => server.emit("upgrade", ...connection));
  await bind(ipv6, bound, "::1").catch(async (error: unknown) => {
    if (!(error instanceof UserError)) return; // this machine has no IPv6
    await close(server);
    throw error;
  });
  return {
    port: bound,
    server,
    serve,
    async close() {
      await Promise.all([server, ipv6].map(close));
    },
  };
}

function bind(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "EADDRINUSE" ? portInUse(port) : error),
    );
    server.listen(port, host, resolve);
  });
}

function portInUse(port: number): UserError {
  return new UserError(`Port ${port} is in use. Take another one with the variable PORT: PORT=${port + 1} npm start`);
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
