import { request } from "node:https";
import type { TLSSocket } from "node:tls";
import middy from "@middy/core";
import { bindings } from "./bindings.ts";
import { describe, log, reportFailure } from "./log.ts";
import { emit } from "./metrics.ts";

const WITHIN_MS = 10_000;
const DAY_MS = 24 * 3600 * 1000;

/**
 * Every minute: asks for the site's health where customers ask, through DNS, the certificate and CloudFront. None of these has an alarm of
 * its own: when one fails, nothing comes to the API, and nothing in it does.
 */
export const handler = middy().handler(() =>
  reportFailure(async () => {
    try {
      const { status, certificateDays } = await look(new URL("/api/health", bindings.siteUrl));
      if (status !== 200) log("error", "the site is not well", { status });
      emit({ edgeFailed: status === 200 ? 0 : 1, certificateDays });
    } catch (error) {
      log("error", "the site does not answer", describe(error));
      emit({ edgeFailed: 1 });
    }
  }),
);

function look(url: URL): Promise<{ status: number; certificateDays: number }> {
  return new Promise((resolve, reject) => {
    // On a connection of its own: one that is kept may be of a certificate that has been replaced.
    const asked = request(url, { agent: false, signal: AbortSignal.timeout(WITHIN_MS) }, (response) => {
      const { valid_to } = (response.socket as TLSSocket).getPeerCertificate();
      response.resume();
      resolve({
        status: response.statusCode ?? 0,
        certificateDays: Math.floor((Date.parse(valid_to) - Date.now()) / DAY_MS),
      });
    });
    asked.on("error", reject);
    asked.end();
  });
}
