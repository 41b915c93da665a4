import { readFileSync, rmSync } from "node:fs";
import { SHOWN } from "../src/testing/coverage.ts";
import { notShown, README, readmeOf, readShown } from "./covered.ts";

/** Around a test run: where all of the emulator's tests were in it, its README must say what they showed, and nothing else. */
export default function setup(): () => void {
  rmSync(SHOWN, { recursive: true, force: true });
  return () => {
    const shown = readShown();
    if (!shown) return;
    const missing = notShown(shown);
    if (missing.length > 0) throw new Error(`No test saw these operations succeed: ${missing.join(", ")}`);
    if (readmeOf(shown) !== readFileSync(README, "utf8"))
      throw new Error("The emulator's README does not say what its tests have shown: npm run generate");
  };
}
