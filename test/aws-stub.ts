import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { type AskedOfSqs, answerSqs, type StageQueues } from "./aws-sqs.ts";

export const ACCOUNT = "123456789012";

/** What a bootstrapped account has: `sst build` and `sst diff` look for these two stacks and read their outputs. */
const STACKS: Record<string, Record<string, string>> = {
  CDKToolkit: { BootstrapVersion: "21", BucketName: "cdk-assets" },
  SSTBootstrap: { Version: "7.4", BucketName: "sst-bootstrap" },
};

/**
 * As much of AWS as `sst build` and `sst diff` ask for: who the caller is, and which stacks exist. With the queues of a stage, also what
 * `billing --stage` asks for. Give its `url` as `AWS_ENDPOINT_URL`.
 */
export async function startAwsStub(
  stage?: StageQueues,
): Promise<{ url: string; askedOfSqs: AskedOfSqs[]; close(): void }> {
  const askedOfSqs: AskedOfSqs[] = [];
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request);
    if (stage && request.headers["x-amz-target"]?.includes("AmazonSQS.")) {
      const { status, json, asked } = await answerSqs(stage, { url, headers: request.headers, body });
      if (asked) askedOfSqs.push(asked);
      response.writeHead(status, { "content-type": "application/x-amz-json-1.0" }).end(json);
      return;
    }
    const { status, xml } = answer(new URLSearchParams(body));
    response.writeHead(status, { "content-type": "text/xml" }).end(xml);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, askedOfSqs, close: () => server.close() };
}

function answer(query: URLSearchParams): { status: number; xml: string } {
  const action = query.get("Action");
  const name = query.get("StackName") ?? "";
  if (action === "GetCallerIdentity") {
    const identity = `<Arn>arn:aws:iam::${ACCOUNT}:user/test</Arn><UserId>TEST</UserId><Account>${ACCOUNT}</Account>`;
    return { status: 200, xml: result(action, identity) };
  }
  const outputs = STACKS[name];
  if (action === "DescribeStacks" && outputs) return { status: 200, xml: result(action, stack(name, outputs)) };
  const message = `Stack with id ${name} does not exist`;
  const error = `<Error><Type>Sender</Type><Code>ValidationError</Code><Message>${message}</Message></Error>`;
  return { status: 400, xml: `<ErrorResponse>${error}</ErrorResponse>` };
}

const result = (action: string, xml: string) =>
  `<${action}Response><${action}Result>${xml}</${action}Result></${action}Response>`;

function stack(name: string, outputs: Record<string, string>): string {
  const members = Object.entries(outputs)
    .map(([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`)
    .join("");
  const fields = {
    StackName: name,
    StackId: `arn:aws:cloudformation:us-east-1:${ACCOUNT}:stack/${name}/1`,
    CreationTime: "2024-01-01T00:00:00Z",
    StackStatus: "CREATE_COMPLETE",
  };
  const described = Object.entries(fields)
    .map(([key, value]) => `<${key}>${value}</${key}>`)
    .join("");
  return `<Stacks><member>${described}<Outputs>${members}</Outputs></member></Stacks>`;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
