import type { RouteDescription } from "../stacks/description.ts";

export interface RouteMatch {
  route: RouteDescription;
  /** Decoded. */
  pathParameters: Record<string, string>;
}

export type RouteLookup = RouteMatch | { allowedMethods: string[] } | undefined;

/**
 * Picks the route as API Gateway does: a full match before `{parameters}` before a greedy `{proxy+}` before `$default`,
 * and the method's own route before `ANY`.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
 *
 * HEAD falls back to GET, as HTTP has it; API Gateway would answer 404.
 * @returns The methods that the path does allow, when only the method does not fit.
 */
export function findRoute(routes: RouteDescription[], method: string, path: string): RouteLookup {
  const fitting = routes
    .flatMap((route) => {
      const pathParameters = matchPath(route.path, path);
      return pathParameters ? [{ route, pathParameters }] : [];
    })
    .sort((a, b) => compareSpecificity(a.route, b.route));
  const pick = (wanted: string) => fitting.find(({ route }) => route.method === wanted || route.method === "ANY");
  const found = pick(method) ?? (method === "HEAD" ? pick("GET") : undefined);
  if (found || fitting.length === 0) return found;
  return { allowedMethods: [...new Set(fitting.map(({ route }) => route.method))].sort() };
}

function matchPath(template: string, path: string): Record<string, string> | undefined {
  if (template === "$default") return {};
  const wanted = template.split("/");
  const given = path.split("/");
  const parameters: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const greedy = /^\{(.+)\+\}$/.exec(segment)?.[1];
    if (greedy) {
      const rest = given.slice(index).join("/");
      return rest ? { ...parameters, [greedy]: decode(rest) } : undefined;
    }
    const value = given[index];
    const name = /^\{(.+)\}$/.exec(segment)?.[1];
    if (value === undefined || (name ? value === "" : value !== segment)) return undefined;
    if (name) parameters[name] = decode(value);
  }
  return wanted.length === given.length ? parameters : undefined;
}

/** Segment by segment, the more specific first. */
function compareSpecificity(a: RouteDescription, b: RouteDescription): number {
  const [left, right] = [a.path.split("/").map(rank), b.path.split("/").map(rank)];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return Number(a.method === "ANY") - Number(b.method === "ANY");
}

function rank(segment: string): number {
  if (segment === "$default") return 3;
  if (/^\{.+\+\}$/.test(segment)) return 2;
  return /^\{.+\}$/.test(segment) ? 1 : 0;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a stray % stands for itself
  }
}
