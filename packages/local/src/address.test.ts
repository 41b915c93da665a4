import { afterEach, expect, it } from "vitest";
import { type Address, listen } from "./address.ts";

let address: Address;
afterEach(() => address.close());

it("names the port that is in use, and the variable that moves it", async () => {
  address = await listen(0);
  await expect(listen(address.port)).rejects.toThrow(
    `Port ${address.port} is in use. Take another one with the variable PORT: PORT=${address.port + 1} npm start`,
  );
});

it("lets early requests wait until there is somebody to answer them", async () => {
  address = await listen(0);
  const early = fetch(`http://127.0.0.1:${address.port}/`);
  await new Promise((go) => setTimeout(go, 50));
  address.serve((_, response) => response.end("here"));
  expect(await (await early).text()).toBe("here");
});

it("answers as localhost, whichever of its addresses that is", async () => {
  address = await listen(0);
  address.serve((_, response) => response.end("here"));
  expect(await (await fetch(`http://localhost:${address.port}/`)).text()).toBe("here");
});
