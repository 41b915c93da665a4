import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import * as ours from "./fetch.ts";

let server: Server;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const echo: RequestListener = async (request, response) => {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk;
  const { "x-name": name, "content-length": length, apikey } = request.headers;
  response.writeHead(201, "Made", { "content-type": "application/json", "set-cookie": ["a=1", "b=2"] });
  response.end(JSON.stringify({ method: request.method, path: request.url, body, name, length, apikey }));
};

it("asks and answers as the global fetch does", async () => {
  const url = `${await serve(echo)}rest/v1/prices?select=id&id=eq.price_1`;
  for (const fetch of [ours.fetch, globalThis.fetch as unknown as typeof ours.fetch]) {
    const headers = { "X-Name": "Ada", apikey: "key" };
    const response = await fetch(url, { method: "POST", headers, body: "Größe → 你好" });
    expect([response.status, response.statusText, response.ok, response.url]).toEqual([201, "Made", true, url]);
    expect(response.headers.get("Content-Type")).toBe("application/json");
    expect(response.headers.get("set-cookie")).toBe("a=1, b=2");
    expect(response.headers.get("missing")).toBeNull();
    expect(await response.json()).toEqual({
      method: "POST",
      path: "/rest/v1/prices?select=id&id=eq.price_1",
      body: "Größe → 你好",
      name: "Ada",
      length: "18",
      apikey: "key",
    });
  }
});

it("takes headers of every kind, and joins those of one name", () => {
  const pairs: [string, string][] = [
    ["Accept", "a"],
    ["accept", "b"],
    ["X-Name", "c"],
  ];
  for (const Headers of [ours.Headers, globalThis.Headers as unknown as typeof ours.Headers]) {
    const headers = new Headers(new Headers(pairs));
    expect([...headers]).toEqual([
      ["accept", "a, b"],
      ["x-name", "c"],
    ]);
    headers.delete("ACCEPT");
    headers.set("X-NAME", "d");
    const seen: string[] = [];
    headers.forEach((value, name) => void seen.push(`${name}=${value}`));
    expect(seen).toEqual(["x-name=d"]);
    expect([headers.has("accept"), headers.has("X-Name"), [...headers.keys()]]).toEqual([false, true, ["x-name"]]);
  }
});

it("fails as the global fetch does, where nobody listens", async () => {
  for (const fetch of [ours.fetch, globalThis.fetch as unknown as typeof ours.fetch]) {
    const failure = await fetch("http://127.0.0.1:9/").catch((error) => error);
    expect(failure).toBeInstanceOf(TypeError);
    expect(failure).toMatchObject({ message: "fetch failed", cause: expect.any(Error) });
  }
});

it("ends when its signal does, before and during the request", async () => {
  const url = await serve(() => {});
  const controller = new AbortController();
  server.once("request", () => controller.abort());
  await expect(ours.fetch(url, { signal: controller.signal })).rejects.toThrow(
    expect.objectContaining({ name: "AbortError" }),
  );
  await expect(ours.fetch(url, { signal: AbortSignal.abort() })).rejects.toThrow(
    expect.objectContaining({ name: "AbortError" }),
  );
});

it("asks again when the server had closed the connection that was to be used again", async () => {
  const url = await serve(echo);
  let connection: Socket | undefined;
  server.once("connection", (socket) => {
    connection = socket;
  });
  await ours.fetch(url);
  // As when a Lambda was frozen for a while: the server resets just as the next request arrives.
  server.prependOnceListener("request", (_, response) => response.socket?.resetAndDestroy());
  expect((await ours.fetch(url, { method: "POST", body: "again" })).status).toBe(201);
  expect(connection?.destroyed).toBe(true);
});

it("does not ask again when a new connection breaks", async () => {
  let requests = 0;
  const url = await serve((_, response) => {
    requests++;
    response.socket?.resetAndDestroy();
  });
  await expect(ours.fetch(url)).rejects.toThrow("fetch failed");
  expect(requests).toBe(1);
});
