import { Duration } from "aws-cdk-lib";
import type { SSTConfig } from "sst";
import { Api, type App, Config, Cron, Queue, type StackContext } from "sst/constructs";

/** A small system of every kind of construct that the local runtime knows, for its own tests. */
function Everything({ stack }: StackContext) {
  const bound = new Config.Secret(stack, "BOUND_SECRET");
  new Config.Secret(stack, "OTHER_SECRET");
  const deadLetters = new Queue(stack, "Dead");
  const work = new Queue(stack, "Work", {
    consumer: {
      function: { handler: "functions/consume.handler", timeout: "5 seconds", bind: [bound] },
      cdk: { eventSource: { batchSize: 25, maxBatchingWindow: Duration.seconds(2), reportBatchItemFailures: true } },
    },
    cdk: {
      queue: {
        visibilityTimeout: Duration.seconds(30),
        deadLetterQueue: { queue: deadLetters.cdk.queue, maxReceiveCount: 2 },
      },
    },
  });
  new Api(stack, "Api", {
    cors: false,
    routes: {
      "ANY /api/echo": "functions/echo.handler",
      "GET /api/things/{id}": "functions/echo.handler",
      "POST /api/send": { function: { handler: "functions/send.handler", bind: [work] } },
      "GET /api/environment": {
        function: {
          handler: "functions/environment.handler",
          bind: [bound],
          environment: { GREETING: process.env.GREETING ?? "" },
        },
      },
      "GET /api/slow": { function: { handler: "functions/misbehave.slow", timeout: "1 second" } },
      "GET /api/throw": "functions/misbehave.throwing",
      "GET /api/exit": "functions/misbehave.exiting",
    },
  });
  new Cron(stack, "Tick", { schedule: "rate(5 minutes)", job: "functions/echo.handler" });
}

export default {
  config: () => ({ name: "example", region: "eu-west-1" }),
  stacks: (app: App) => {
    app.setDefaultFunctionProps({ nodejs: { esbuild: { external: ["@aws-sdk/*"] } } });
    void app.stack(Everything);
  },
} satisfies SSTConfig;
