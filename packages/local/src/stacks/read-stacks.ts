import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { CfnApi } from "aws-cdk-lib/aws-apigatewayv2";
import { CfnRule } from "aws-cdk-lib/aws-events";
import type { SSTConfig } from "sst";
import { Api, App, Cron, Function as Lambda, Queue, StaticSite } from "sst/constructs";
import { useSites } from "sst/constructs/StaticSite.js";
import { setProject } from "sst/project.js";
import {
  type CorsDescription,
  LOCAL_ACCOUNT,
  type RouteDescription,
  type ScheduleDescription,
  type SystemDescription,
} from "./description.ts";
import { FunctionReader } from "./read-functions.ts";
import { readQueue } from "./read-queues.ts";
import { readRule } from "./read-rules.ts";

const STAGE = "local";

export interface StacksRead {
  system: SystemDescription;
  functions: FunctionReader;
}

/**
 * Runs the stacks of `sst.config.ts` and reads what they construct; nothing is bundled and nothing is synthesised.
 * SST keeps its project and its constructs in module state, so this can run once per thread.
 * @param root The project's folder, with `sst.config.ts`.
 * @param outDir Where SST and CDK may leave what they write.
 */
export async function readStacks(root: string, outDir: string): Promise<StacksRead> {
  const app = await constructApp(root, outDir);
  const constructs = app.node.findAll();
  const queues = constructs.filter((construct) => construct instanceof Queue);
  const functions = new FunctionReader(queues);
  return {
    functions,
    system: {
      region: app.region,
      cors: constructs.flatMap((construct) => (construct instanceof Api ? readCors(construct) : [])),
      routes: constructs.flatMap((construct) => (construct instanceof Api ? readRoutes(construct, functions) : [])),
      queues: queues.map((queue) => readQueue(queue, queues, functions)),
      schedules: constructs.flatMap((construct) =>
        construct instanceof Cron ? [readSchedule(construct, functions)] : [],
      ),
      rules: constructs.flatMap((construct) => (construct instanceof CfnRule ? readRule(construct, queues) : [])),
      sites: constructs.some((construct) => construct instanceof StaticSite) ? readSites() : [],
      functions: functions.all(),
    },
  };
}

async function constructApp(root: string, outDir: string): Promise<App> {
  const configFile = join(root, "sst.config.ts");
  const { default: sstConfig }: { default: SSTConfig } = await import(pathToFileURL(configFile).href);
  const config = await sstConfig.config({ stage: STAGE, root });
  // SST's own `initProject` would also load `.env` over the environment that the runtime has settled.
  setProject({
    version: "",
    cdkVersion: "",
    constructsVersion: "",
    config: { ...config, stage: STAGE, ssmPrefix: config.ssmPrefix ?? `/sst/${config.name}/${STAGE}/` },
    // Not the root's `.sst`: SST empties its types folder, where another one may just be writing.
    paths: { root, config: configFile, out: outDir, artifacts: join(outDir, "artifacts") },
    metafile: { inputs: {}, outputs: {} },
    stacks: sstConfig.stacks,
  });
  const app = new App(
    { mode: "deploy", stage: STAGE, name: config.name, region: config.region, account: LOCAL_ACCOUNT },
    { outdir: join(outDir, "cdk.out") },
  );
  await sstConfig.stacks(app);
  return app;
}

function readRoutes(api: Api, functions: FunctionReader): RouteDescription[] {
  return api.routes.map((key) => {
    const lambda = api.getFunction(key);
    if (!lambda)
      throw new Error(`The route "${key}" is no function: the local runtime knows routes to functions only.`);
    const [method = "", path = ""] = key === "$default" ? ["ANY", "$default"] : key.split(/\s+/);
    return { method, path, functionName: functions.read(lambda) };
  });
}

function readCors(api: Api): CorsDescription[] {
  const { corsConfiguration: cors } = api.cdk.httpApi.node.defaultChild as CfnApi;
  if (!cors || !("allowOrigins" in cors)) return [];
  const joined = (names: string[] | undefined) => (names ?? []).join(",");
  const { allowOrigins, allowMethods, allowHeaders, exposeHeaders } = cors as CfnApi.CorsProperty;
  return [
    {
      origins: joined(allowOrigins),
      methods: joined(allowMethods),
      headers: joined(allowHeaders),
      exposed: joined(exposeHeaders),
    },
  ];
}

function readSchedule(cron: Cron, functions: FunctionReader): ScheduleDescription {
  const expression = cron.getConstructMetadata().data.schedule;
  if (!(cron.jobFunction instanceof Lambda) || !expression)
    throw new Error(`The cron "${cron.id}" has no schedule or no function.`);
  return { name: cron.id, expression, functionName: functions.read(cron.jobFunction) };
}

function readSites() {
  return useSites().all.map(({ props }) => ({ path: props.path, environment: { ...props.environment } }));
}
