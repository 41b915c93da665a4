import { invalid } from "../api/errors.ts";
import type { FormHash } from "../api/form.ts";
import { arrayOf, oneOf, readParams, schema, text } from "../api/params.ts";
import type { Route } from "../api/route.ts";
import type { ApiRequest, CliWishes } from "../events/cli-listeners.ts";

const params = schema({
  websocket_features: arrayOf(oneOf("webhooks", "v2_events", "request_logs")),
  filters: text,
});

/** What `logs tail` can leave out, as the CLI sends it; what is not named is shown. */
const FILTERS: Record<string, (request: ApiRequest) => string> = {
  filter_http_method: ({ method }) => method,
  filter_request_path: ({ path }) => path,
  filter_request_status: ({ status }) => (status < 400 ? "SUCCEEDED" : "FAILED"),
  filter_source: () => "API",
  filter_status_code: ({ status }) => String(status),
  filter_status_code_type: ({ status }) => String(Math.floor(status / 100) * 100),
};

function filterOf(json: string): CliWishes["shows"] {
  const wanted = Object.entries(JSON.parse(json) as Record<string, string[]>).map(([name, values]) => {
    const read = FILTERS[name];
    if (!read) throw invalid(`This emulator cannot filter its requests by ${name}.`, undefined, "filters");
    return (request: ApiRequest) => values.includes(read(request));
  });
  return (request) => wanted.every((matches) => matches(request));
}

/** Of what the CLI sends, which changes with its version, what is read. */
function wishesOf({ websocket_features = ["webhooks"], filters = "{}" }: FormHash): CliWishes {
  const read = readParams(params, { websocket_features, filters });
  return { features: read.websocket_features ?? [], shows: filterOf(read.filters ?? "{}") };
}

/** The undocumented route by which `stripe listen` and `stripe logs tail` begin. */
export const cliSessionRoutes: Route[] = [
  {
    method: "POST",
    path: "/v1/stripecli/sessions",
    params,
    begin: (form) => {
      const wishes = wishesOf(form);
      return (world) => world.openCliSession(wishes);
    },
  },
];
