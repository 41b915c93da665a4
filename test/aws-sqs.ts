import type { IncomingHttpHeaders } from "node:http";

/** The queues of a deployed stage, and who may do what with them. */
export interface StageQueues {
  /** The SQS that stands behind: it takes the messages, hides and gives them back. */
  endpoint: string;
  /** Each queue's address there, by the name that AWS knows it under. */
  queues: Record<string, string>;
  region: string;
  accessKeyId: string;
  /** The actions of the caller's policy, such as `sqs:SendMessage`. Default: all. */
  allows?: string[];
  /** Is told of each request that is allowed, before it is answered. */
  onAsked?(action: string): unknown;
}

export interface AskedOfSqs {
  action: string;
  queue: string;
}

interface Answer {
  status: number;
  json: string;
}

/**
 * Answers as SQS does in AWS's JSON protocol: it knows its callers by the signature's key, its queues by region and name, and refuses
 * what their policy does not allow. The rest is the work of the SQS behind.
 */
export async function answerSqs(
  stage: StageQueues,
  { url, headers, body }: { url: string; headers: IncomingHttpHeaders; body: string },
): Promise<Answer & { asked?: AskedOfSqs }> {
  const action = String(headers["x-amz-target"]).replace("AmazonSQS.", "");
  const input: { QueueName?: string; QueueUrl?: string } = JSON.parse(body);
  const name = input.QueueName ?? input.QueueUrl?.split("/").at(-1) ?? "";
  const [, key, region] = /Credential=([^/]+)\/\d{8}\/([^/]+)\/sqs\//.exec(headers.authorization ?? "") ?? [];
  if (key !== stage.accessKeyId) {
    const message = "The security token included in the request is invalid.";
    return refusal(403, "com.amazon.coral.service#UnrecognizedClientException", message);
  }
  const asked = { action, queue: name };
  // A batch needs no permission of its own.
  const needed = `sqs:${action.replace(/Batch$/, "")}`;
  if (stage.allows && !stage.allows.includes(needed)) {
    const message = `User: arn:aws:iam::123456789012:user/test is not authorized to perform: ${needed.toLowerCase()} on resource: arn:aws:sqs:${region}:123456789012:${name}`;
    return { ...refusal(403, "com.amazon.coral.service#AccessDeniedException", message), asked };
  }
  const behind = region === stage.region ? stage.queues[name] : undefined;
  if (!behind) {
    return { ...refusal(400, "com.amazonaws.sqs#QueueDoesNotExist", "The specified queue does not exist."), asked };
  }
  await stage.onAsked?.(action);
  if (action === "GetQueueUrl") {
    return { status: 200, json: JSON.stringify({ QueueUrl: `${url}/123456789012/${name}` }), asked };
  }
  const answer = await fetch(stage.endpoint, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.0", "x-amz-target": `AmazonSQS.${action}` },
    body: JSON.stringify({ ...input, QueueUrl: behind }),
  });
  return { status: answer.status, json: await answer.text(), asked };
}

function refusal(status: number, type: string, message: string): Answer {
  return { status, json: JSON.stringify({ __type: type, message }) };
}
