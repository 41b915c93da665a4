import { ignored, schema } from "../api/params.ts";
import { type Route, route } from "../api/route.ts";

/** The undocumented route by which `stripe listen` begins. */
export const cliSessionRoutes: Route[] = [
  route(
    "POST",
    "/v1/stripecli/sessions",
    schema({
      device_name: ignored,
      device_token: ignored,
      forward_to_url: ignored,
      forward_connect_to_url: ignored,
      session_id: ignored,
      websocket_features: ignored,
    }),
    (world) => world.openCliSession(),
  ),
];
