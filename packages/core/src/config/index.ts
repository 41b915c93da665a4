export { assertAllowedRedirect } from "./redirects.ts";
export { type Site, siteAt } from "./site.ts";
