import { schema } from "../api/params.ts";
import type { Route } from "../api/route.ts";

/** The undocumented route by which `stripe listen` begins. What it sends changes with its version, and is not read. */
export const cliSessionRoutes: Route[] = [
  {
    method: "POST",
    path: "/v1/stripecli/sessions",
    params: schema({}),
    begin: () => (world) => world.openCliSession(),
  },
];
