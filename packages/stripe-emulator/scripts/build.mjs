/**
 * `node scripts/build.mjs [folder]`: builds what is published, into dist/: plain JavaScript, types, and a package.json of its own, whose `exports` lead to these. In
 * this repository the package is imported as TypeScript, without a build. `npm pack ./packages/stripe-emulator/dist` makes the archive.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const at = (/** @type {string} */ path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const out = process.argv[2] ?? at("dist");
rmSync(out, { recursive: true, force: true });
const built = spawnSync(at("../../node_modules/.bin/tsc"), ["-p", at("tsconfig.build.json"), "--outDir", out], {
  stdio: "inherit",
});
if (built.status !== 0) process.exit(1);
copyFileSync(at("src/api/stripe-api.json"), join(out, "api/stripe-api.json"));
for (const file of ["README.md", "CHANGELOG.md", "CONFORMANCE.md", "SKILL.md", "../../LICENSE"]) {
  copyFileSync(at(file), join(out, basename(file)));
}
chmodSync(join(out, "cli.js"), 0o755);

const { version, description, license, type, dependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(
  readFileSync(at("package.json"), "utf8"),
);
const entry = (/** @type {string} */ name) => ({ types: `./${name}.d.ts`, default: `./${name}.js` });
const published = {
  name: "stripe-emulator",
  version,
  description,
  license,
  type,
  keywords: ["stripe", "emulator", "testing", "webhooks", "test clocks"],
  engines: { node: ">=20.16" },
  exports: { ".": entry("index"), "./vitest": entry("vitest") },
  bin: { "stripe-emulator": "./cli.js" },
  files: ["**/*.js", "**/*.d.ts", "**/*.json", "CHANGELOG.md", "CONFORMANCE.md", "SKILL.md"],
  sideEffects: false,
  dependencies,
  peerDependencies,
  peerDependenciesMeta,
};
writeFileSync(join(out, "package.json"), `${JSON.stringify(published, null, 2)}\n`);
