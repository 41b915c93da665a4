import { basename } from "node:path";
import { Reference, Token, Tokenization } from "aws-cdk-lib";
import { CfnFunction } from "aws-cdk-lib/aws-lambda";
import type { Function as Lambda, NodeJSProps, Queue } from "sst/constructs";
import { useFunctions } from "sst/constructs/Function.js";
import type { EnvironmentValue, FunctionDescription, QueueAttribute } from "./description.ts";
import { queueName } from "./read-queues.ts";

// What SST writes into the environment in place of a secret's value, for the handler to fetch from SSM.
const SECRET_PLACEHOLDER = "__FETCH_FROM_SSM__";
const SECRET_VARIABLE = /^SST_Secret_value_(.+)$/;

const QUEUE_ATTRIBUTES: Record<string, QueueAttribute> = { Ref: "url", Arn: "arn", QueueName: "name" };

/** Reads each function once, however many routes lead to it, and gives it a short name of its own. */
export class FunctionReader {
  readonly #queues: Queue[];
  readonly #byConstruct = new Map<Lambda, FunctionDescription>();
  readonly #bundling = new Map<string, NodeJSProps>();

  constructor(queues: Queue[]) {
    this.#queues = queues;
  }

  /** @returns The function's short name. */
  read(lambda: Lambda): string {
    const known = this.#byConstruct.get(lambda);
    if (known) return known.name;
    const props = useFunctions().fromID(lambda.node.addr);
    const resource = lambda.node.defaultChild;
    if (!props?.handler || !(resource instanceof CfnFunction))
      throw new Error(`Cannot read the function ${lambda.node.path}.`);
    const description: FunctionDescription = {
      name: this.#shortName(props.handler),
      handler: props.handler,
      timeoutSeconds: resource.timeout ?? 3,
      memoryMb: resource.memorySize ?? 128,
      environment: this.#readEnvironment(lambda),
    };
    this.#byConstruct.set(lambda, description);
    this.#bundling.set(description.name, props.nodejs ?? {});
    return description.name;
  }

  all(): FunctionDescription[] {
    return [...this.#byConstruct.values()];
  }

  /** SST's options for bundling the function; they may hold plugins, so they stay on this side of the thread. */
  bundling(name: string): NodeJSProps {
    return this.#bundling.get(name) ?? {};
  }

  #shortName(handler: string): string {
    const base = basename(handler).replace(/\.[^.]+$/, "");
    const taken = new Set(this.all().map((description) => description.name));
    let name = base;
    for (let suffix = 2; taken.has(name); suffix++) name = `${base}-${suffix}`;
    return name;
  }

  #readEnvironment(lambda: Lambda): Record<string, EnvironmentValue> {
    const entries = Object.entries(rawEnvironment(lambda));
    return Object.fromEntries(entries.map(([name, value]) => [name, this.#readValue(lambda, name, value)]));
  }

  #readValue(lambda: Lambda, name: string, value: unknown): EnvironmentValue {
    const secret = SECRET_VARIABLE.exec(name)?.[1];
    if (secret && value === SECRET_PLACEHOLDER) return { secret };
    if (typeof value !== "string") throw new Error(`${lambda.node.path}: the variable ${name} is no text.`);
    if (!Token.isUnresolved(value)) return value;
    const token = Tokenization.reverseString(value).firstToken;
    const queue = this.#queues.find(
      (candidate) => Reference.isReference(token) && candidate.cdk.queue.node.defaultChild === token.target,
    );
    const attribute = Reference.isReference(token) ? QUEUE_ATTRIBUTES[token.displayName] : undefined;
    if (!queue || !attribute) {
      throw new Error(
        `${lambda.node.path}: the variable ${name} is known only after a deploy. The local runtime can fill in secrets and queues.`,
      );
    }
    return { queue: queueName(queue), attribute };
  }
}

/** Unresolved: a token still knows which construct it means, what CDK resolves it to does not. */
function rawEnvironment(lambda: Lambda): Record<string, unknown> {
  const environment: unknown = Reflect.get(lambda, "environment");
  if (!isRecord(environment)) return {};
  return Object.fromEntries(
    Object.entries(environment).map(([name, entry]) => [name, isRecord(entry) ? entry.value : undefined]),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
