import { afterAll } from "vitest";

// Files share a worker: what one of them sets for the functions that it runs is not set for the next.
const before = { ...process.env };
afterAll(() => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
});
