import { setTimeout as sleep } from "node:timers/promises";

export const slow = () => sleep(60_000);

export const throwing = async () => {
  throw new RangeError("too far");
};

export const exiting = () => process.exit(3);
