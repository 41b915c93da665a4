import { execFileSync } from "node:child_process";

/** Which commit is deployed, for `/api/health`. Outside a checkout nobody knows. */
export function build(): string {
  try {
    return execFileSync("git", ["describe", "--always", "--dirty"], { encoding: "utf8", stdio: "pipe" }).trim();
  } catch {
    return "unknown";
  }
}
