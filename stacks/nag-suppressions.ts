/** A finding of cdk-nag that stays, and why. */
export interface Suppression {
  /** https://github.com/cdklabs/cdk-nag/blob/main/RULES.md#aws-solutions */
  rule: string;
  /** Which resources, in words. */
  resources: string;
  /** Which resources, by their path behind the names of the stage and the product. */
  path: RegExp;
  /** Of a rule that finds several things in one resource, those that stay. */
  findings?: (string | { regex: string })[];
  reason: string;
}

const OUR_FUNCTIONS =
  /^(Api\/Api\/Lambda_|Api\/ReceiveStripeEvent\/|Events\/ApplyStripeEvents\/|Reconcile\/Reconcile\/Job_|Reading\/ReadAccount\/Job_|Relay\/RelayNotices\/|Edge\/WatchEdge\/Job_)/;
const FROM_CDK = /^\w+\/LogRetention\w+\//;
const BASIC_EXECUTION = "Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole";

/** All of them; docs/security/nag.md is written from here. */
export const SUPPRESSIONS: Suppression[] = [
  {
    rule: "AwsSolutions-APIG4",
    resources: "the routes",
    path: /^Api\/Api\/Route_/,
    reason:
      "The functions authorise: customers by their Supabase session, Stripe by its signature. A guest may buy, and health is public.",
  },
  {
    rule: "AwsSolutions-IAM4",
    resources: "the functions' roles, ours, SST's and CDK's",
    path: /ServiceRole/,
    findings: [BASIC_EXECUTION],
    reason: "AWSLambdaBasicExecutionRole lets a function write its log, and nothing else.",
  },
  {
    rule: "AwsSolutions-IAM4",
    resources: "CodeDeploy's role",
    path: /^Api\/Api\/DeploymentRole\//,
    findings: ["Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSCodeDeployRoleForLambdaLimited"],
    reason:
      "CDK gives it to the role of every deployment: to move an alias, and to read alarms. AWS has it follow what CodeDeploy needs.",
  },
  {
    rule: "AwsSolutions-IAM5",
    resources: "CDK's function that sets how long logs are kept",
    path: FROM_CDK,
    findings: ["Resource::*"],
    reason: "It sets the retention of log groups that do not exist yet; it can neither read nor delete one.",
  },
  {
    rule: "AwsSolutions-IAM5",
    resources: "SST's function that uploads the site",
    path: /^Site\/Site\/S3UploaderPolicy\//,
    findings: [
      { regex: "/^Resource::<SiteBucket\\w+\\.Arn>\\/\\*$/" },
      { regex: "/^Resource::arn:<AWS::Partition>:s3:::cdk-\\w+-assets-[\\w-]+\\/\\*$/" },
    ],
    reason: "Every object of the site's own bucket, and reading from CDK's bucket of assets.",
  },
  {
    rule: "AwsSolutions-IAM5",
    resources: "our functions, with TRACING=on",
    path: OUR_FUNCTIONS,
    findings: ["Resource::*"],
    reason:
      "X-Ray knows no resources to narrow its two permissions to. test/stacks-permissions.test.ts holds that nothing else is wide.",
  },
  {
    rule: "AwsSolutions-SQS3",
    resources: "the queue that wakes the relay",
    path: /^Relay\/RelayWakeUps\//,
    reason: "A message says only that something waits. The relay runs every minute without one.",
  },
  {
    rule: "AwsSolutions-S1",
    resources: "the site's bucket",
    path: /^Site\/SiteBucket\//,
    reason: "Only CloudFront reads it, and what it holds is public.",
  },
  {
    rule: "AwsSolutions-CFR1",
    resources: "the distribution",
    path: /^Site\/Site\/Distribution\//,
    reason: "Where a product is sold is its owner's decision.",
  },
  {
    rule: "AwsSolutions-CFR2",
    resources: "the distribution, without WAF=on",
    path: /^Site\/Site\/Distribution\//,
    reason: "The firewall is a setting, for it costs from $9 a month. Limits per route hold without it.",
  },
  {
    rule: "AwsSolutions-CFR3",
    resources: "the distribution",
    path: /^Site\/Site\/Distribution\//,
    reason:
      "Requests to the API are in the API's access log, without visitors' addresses, which need not be kept; what is left are public files. A delivery whose signature does not fit is logged with its addresses.",
  },
  {
    rule: "AwsSolutions-CFR4",
    resources: "the distribution, without a domain of its own",
    path: /^Site\/Site\/Distribution\//,
    reason:
      "Under CloudFront's own domain the oldest TLS version is CloudFront's choice. Under a domain of its own it is 1.2.",
  },
];
