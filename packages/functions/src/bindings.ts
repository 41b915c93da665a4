import type { CheckoutOptions } from "@turnpike/core/config/schema";
import { OwnError } from "@turnpike/core/errors";

/** What SST, Lambda and the stacks put into a function's environment. The settings, which people write, are in `config.ts`. */
export const bindings = {
  get eventsQueueUrl(): string {
    return bound("SST_Queue_queueUrl_StripeEvents");
  },
  /** Where events wait that cannot be applied. */
  get deadLettersUrl(): string {
    return bound("SST_Queue_queueUrl_StripeEventsDlq");
  },
  get relayQueueUrl(): string {
    return bound("SST_Queue_queueUrl_RelayWakeUps");
  },
  /** Whom the operator's mails go to, as an SNS topic; where nobody watches, there is none. */
  get operatorTopicArn(): string | undefined {
    return process.env.OPERATOR_TOPIC_ARN;
  },
  /** How Checkout is opened, of `billing.config.ts`: checked when the stacks were made. */
  get checkoutOptions(): CheckoutOptions {
    return JSON.parse(process.env.CHECKOUT_OPTIONS ?? "{}");
  },
  get app(): string {
    return bound("SST_APP");
  },
  get stage(): string {
    return bound("SST_STAGE");
  },
  /** Where the site is, for who looks at it from outside. */
  get siteUrl(): string {
    return bound("SITE_URL");
  },
  get build(): string {
    return bound("BUILD");
  },

  get aws() {
    return {
      region: bound("AWS_REGION"),
      credentials: {
        accessKeyId: bound("AWS_ACCESS_KEY_ID"),
        secretAccessKey: bound("AWS_SECRET_ACCESS_KEY"),
        ...(process.env.AWS_SESSION_TOKEN && { sessionToken: process.env.AWS_SESSION_TOKEN }),
      },
    };
  },
  get snsUrl(): string {
    return (
      process.env.AWS_ENDPOINT_URL_SNS ??
      process.env.AWS_ENDPOINT_URL ??
      `https://sns.${process.env.AWS_REGION}.amazonaws.com`
    );
  },
  get secrets() {
    return {
      /** What SST binds: the value itself in `sst dev` and locally, else a word that says to ask SSM. */
      bound: Object.entries(process.env).flatMap(([variable, value = ""]) => {
        const name = /^SST_Secret_value_(.+)$/.exec(variable)?.[1];
        return name ? [{ name, value }] : [];
      }),
      /** Where `sst secrets load` keeps those of this stage, and those of every stage. */
      prefixes: [process.env.SST_SSM_PREFIX ?? "", `/sst/${bound("SST_APP")}/.fallback/`],
      /** https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
      ssmUrl:
        process.env.AWS_ENDPOINT_URL_SSM ??
        process.env.AWS_ENDPOINT_URL ??
        `https://ssm.${bound("AWS_REGION")}.amazonaws.com`,
    };
  },
};

function bound(variable: string): string {
  const value = process.env[variable];
  if (value) return value;
  throw new OwnError(`The variable ${variable} is not set: SST or Lambda does that, see stacks/.`);
}
