// Preloaded into SST's process: what it would send over https is written to a file instead, and no packet leaves.
const { appendFileSync } = require("node:fs");
const https = require("node:https");
const { PassThrough } = require("node:stream");

https.request = (...given) => {
  const request = new PassThrough();
  const { host, hostname, href } = typeof given[0] === "object" ? given[0] : { href: given[0] };
  request.on("data", (data) => appendFileSync(process.env.RECORDED_IN, `${href ?? hostname ?? host}: ${data}\n`));
  request.setTimeout = () => request;
  return request;
};
