import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { expect, it, onTestFinished, vi } from "vitest";
import { captureLog, type Handler, lambdaContext } from "../parts/lambda.ts";

const HAS_OPENSSL = spawnSync("openssl", ["version"]).status === 0;

/** A site with a certificate for so many days, which this process trusts or not. */
async function startSite({ days = 90, trusted = true, status = 200 }) {
  const folder = mkdtempSync(join(tmpdir(), "turnpike-edge-"));
  const [key, cert] = [join(folder, "key"), join(folder, "cert")];
  const request = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost -addext subjectAltName=DNS:localhost -days ${days}`;
  execFileSync("openssl", [...request.split(" "), "-keyout", key, "-out", cert], { stdio: "pipe" });
  const own = readFileSync(cert, "utf8");
  const paths: (string | undefined)[] = [];
  const connections: object[] = [];
  const server = createServer({ key: readFileSync(key), cert: own }, ({ url }, response) => {
    paths.push(url);
    response.writeHead(status).end("{}");
  });
  server.on("secureConnection", (connection) => connections.push(connection));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const known = getCACertificates("default");
  if (trusted) setDefaultCACertificates([...known, own]);
  onTestFinished(() => {
    setDefaultCACertificates(known);
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  });
  return { url: `https://localhost:${(server.address() as AddressInfo).port}`, paths, connections };
}

async function watch(siteUrl: string) {
  vi.stubEnv("SITE_URL", siteUrl);
  vi.stubEnv("SST_APP", "turnpike");
  vi.stubEnv("SST_STAGE", "test");
  onTestFinished(() => void vi.unstubAllEnvs());
  const log = captureLog();
  const { handler }: { handler: Handler } = await import("@turnpike/functions/watch-edge");
  await handler({} as never, lambdaContext());
  return { log, edgeFailed: log.metric("edgeFailed"), certificateDays: log.metric("certificateDays") };
}

it.skipIf(!HAS_OPENSSL)(
  "the site is asked for its health where customers are, and how long its certificate is good",
  async () => {
    const site = await startSite({ days: 90 });
    expect(await watch(site.url)).toMatchObject({ edgeFailed: [0], certificateDays: [89] });
    expect(site.paths).toEqual(["/api/health"]);
  },
);

it.skipIf(!HAS_OPENSSL)("each look has a connection of its own, which shows the certificate as it is now", async () => {
  const site = await startSite({});
  await watch(site.url);
  await watch(site.url);
  expect(site.connections).toHaveLength(2);
});

it.skipIf(!HAS_OPENSSL)("a site that is not well counts, and its certificate too", async () => {
  const { log, ...metrics } = await watch((await startSite({ status: 503 })).url);
  expect(metrics).toMatchObject({ edgeFailed: [1], certificateDays: [89] });
  expect(log.said("the site is not well")).toEqual([expect.objectContaining({ level: "error", status: 503 })]);
});

it.skipIf(!HAS_OPENSSL)("so does one whose certificate nobody trusts", async () => {
  const { log, ...metrics } = await watch((await startSite({ trusted: false })).url);
  expect(metrics).toMatchObject({ edgeFailed: [1], certificateDays: [] });
  expect(log.said("the site does not answer")).toEqual([
    expect.objectContaining({ level: "error", errorCode: "DEPTH_ZERO_SELF_SIGNED_CERT" }),
  ]);
});

it("so does one that is not there", async () => {
  expect(await watch("https://turnpike.invalid")).toMatchObject({ edgeFailed: [1], certificateDays: [] });
});
