import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { settings } from "@turnpike/settings";
import { expect, it, onTestFinished } from "vitest";

const read = (name: string) => readFileSync(`.github/workflows/${name}.yml`, "utf8");
const all = globSync(".github/workflows/*.yml").map((path) => readFileSync(path, "utf8"));
/** `SITE_URL: ${{ vars.SITE_URL }}`, of a job. */
const environmentOf = (workflow: string) => /^ {4}env:\n((?: {6}.+\n)+)/m.exec(workflow)?.[1]?.trimEnd().split("\n");

it("GitHub runs what a contributor runs before a push, and nothing else", () => {
  const commands = [...read("test").matchAll(/^ +(?:- )?run: (.+)$/gm)].map(([, command]) => command);
  expect(commands).toEqual(["npm ci --no-audit --no-fund", ".ci/run"]);
});

it("an action is what a commit holds, and a tool what a version is: nobody else can change what has our keys", () => {
  const used = all.flatMap((workflow) => [...workflow.matchAll(/uses: (.+)$/gm)].map(([, action = ""]) => action));
  expect(used.length).toBeGreaterThan(5);
  for (const action of used)
    expect(action).toMatch(/^(\.\/\.github\/workflows\/[\w-]+\.yml|[\w./-]+@[\da-f]{40} # v\S+)$/);
  const fetched = [...all, readFileSync("docs/deploy.md", "utf8")].flatMap((text) =>
    [...text.matchAll(/npx --yes ([^\s`]+)(?= )/g)].map(([, tool]) => tool),
  );
  expect(fetched.length).toBeGreaterThan(2);
  for (const tool of fetched) expect(tool).toMatch(/^[\w-]+@\d+\.\d+\.\d+$/);
});

it("whoever agrees to a deploy to prod has seen what it changes, made of the same settings", () => {
  expect(read("deploy")).toMatch(
    /\n {2}plan:\n {4}needs: staging\n {4}uses: .*plan-stage.yml\n[\s\S]*\n {2}prod:\n {4}needs: plan\n/,
  );
  expect(read("plan-stage")).toContain('npx sst diff --stage "$STAGE"');
  expect(environmentOf(read("plan-stage"))).toEqual(environmentOf(read("deploy-stage")));
});

it("a deploy that waits for reviewers holds up no other stage, and never takes one back to an older commit", async () => {
  expect(read("deploy")).not.toContain("concurrency");
  expect(read("deploy-stage")).toMatch(/concurrency:\n +group: deploy-\$\{\{ inputs.stage \}\}\n/);
  const [, script = ""] = /name: Not back\n[\s\S]*?run: \|\n((?: {10}.*\n)+)/.exec(read("deploy-stage")) ?? [];
  const folder = mkdtempSync(join(tmpdir(), "turnpike-ci-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=ci", "-c", "user.email=ci@example.com", ...args], {
      cwd: folder,
      encoding: "utf8",
    }).trim();
  git("init", "-q");
  const [first, second, third] = ["1", "2", "3"].map((message) => {
    git("commit", "-q", "--allow-empty", "-m", message);
    return git("describe", "--always");
  });
  git("checkout", "-q", `${second}`);
  let build: string | undefined;
  const site = createServer((_, response) => {
    response.writeHead(build ? 200 : 503);
    response.end(JSON.stringify({ build }));
  });
  onTestFinished(() => void site.close());
  await once(site.listen(0, "127.0.0.1"), "listening");
  const SITE_URL = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  for (const [runs, code] of [
    [first, 0],
    [second, 0],
    [third, 1],
    [`${third}-dirty`, 1],
    ["0000000", 0],
    [undefined, 0],
  ] as const) {
    build = runs;
    const step = spawn("bash", ["-e", "-o", "pipefail", "-c", script], {
      cwd: folder,
      env: { ...process.env, SITE_URL },
    });
    expect(await once(step, "exit"), `${runs} runs`).toEqual([code, null]);
  }
});

it("a deploy hands over every setting that a stage may have", () => {
  const names = Object.entries(settings).flatMap(([name, { secret, deployed }]) => (deployed && !secret ? [name] : []));
  const handed = environmentOf(read("deploy-stage"))?.map((line) => line.trim());
  expect(handed).toEqual(expect.arrayContaining(names.map((name) => `${name}: \${{ vars.${name} }}`)));
});

it("the database is migrated before the code, and before AWS's credentials are there", () => {
  const steps = ["name: Migrate", "configure-aws-credentials@", "npx sst deploy"].map((step) =>
    read("deploy-stage").indexOf(step),
  );
  expect(steps).not.toContain(-1);
  expect(steps).toEqual([...steps].sort((a, b) => a - b));
});
