import { Config } from "sst/node/config";

export const handler = async () => ({
  variables: process.env,
  bound: Reflect.get(Config, "BOUND_SECRET"),
  other: read("OTHER_SECRET"),
});

function read(name: string): unknown {
  try {
    return Reflect.get(Config, name);
  } catch (error) {
    return error instanceof Error ? error.message : error;
  }
}
