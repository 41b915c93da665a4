import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Function as EdgeFunction, FunctionCode, FunctionEventType, FunctionRuntime } from "aws-cdk-lib/aws-cloudfront";
import type { Stack } from "sst/constructs";
import { useProject } from "sst/project.js";

/**
 * What runs at the edge for each address of the site. A page has no file of its own, and the one that says that there is no such page
 * is the same app, so its status is put right on the way back. CloudFront's error pages would do it too, but they hold for the
 * whole distribution and would turn the API's 404 into this page.
 * @param pages all that there are, as the web app lists them
 */
export function edgeCode(pages: readonly string[]) {
  const isPage = `var pages = ${JSON.stringify(pages)};
function isPage(uri) { return pages.includes(uri.length > 1 ? uri.replace(/\\/$/, '') : uri); }`;
  return {
    request: `${isPage}
function handler(event) {
  var request = event.request;
  var name = request.uri.split('/').pop();
  if (isPage(request.uri)) request.uri = '/index.html';
  else if (!name.includes('.') || name.endsWith('.html')) request.uri = '/404.html';
  return request;
}`,
    // Which address it sees, the visitor's or the one above, is all the same to it.
    response: `${isPage}
function handler(event) {
  var uri = event.request.uri;
  var name = uri.split('/').pop();
  var isFile = name.includes('.') && !name.endsWith('.html');
  if (!isFile && uri !== '/index.html' && !isPage(uri)) {
    event.response.statusCode = 404;
    event.response.statusDescription = 'Not Found';
  }
  return event.response;
}`,
  };
}

/**
 * The functions of the site's pages.
 * @param embedsCheckout whether one of them shows Checkout; else there is no such page
 */
export function pageFunctions(stack: Stack, embedsCheckout: boolean) {
  const list: string[] = JSON.parse(readFileSync(join(useProject().paths.root, "packages/web/pages.json"), "utf8"));
  const { request, response } = edgeCode(list.filter((page) => embedsCheckout || page !== "/checkout"));
  const create = (id: string, code: string) =>
    new EdgeFunction(stack, id, { runtime: FunctionRuntime.JS_2_0, code: FunctionCode.fromInline(code) });
  return [
    { function: create("RewriteToIndex", request), eventType: FunctionEventType.VIEWER_REQUEST },
    { function: create("NotFound", response), eventType: FunctionEventType.VIEWER_RESPONSE },
  ];
}
