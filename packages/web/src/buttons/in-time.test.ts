import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { fetchInTime } from "./in-time.ts";

test("whoever asks may give up before the server does", async () => {
  const silent = createServer(() => {}).listen(0, "127.0.0.1");
  onTestFinished(() => void silent.close());
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  const caller = new AbortController();
  const asked = fetchInTime(`http://127.0.0.1:${port}`, { signal: caller.signal });
  caller.abort(new Error("not any more"));
  await expect(asked).rejects.toThrow("not any more");
});
