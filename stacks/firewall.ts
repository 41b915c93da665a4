import { readSetting } from "@turnpike/settings";
import { CfnWebACL } from "aws-cdk-lib/aws-wafv2";
import type { Construct } from "constructs";
import type { App } from "sst/constructs";

// Stripe delivers in waves from few IP addresses, and its bodies are long and full of URLs: the rules would stop it. The function
// checks its signature instead.
const NOT_THE_WEBHOOK = {
  notStatement: {
    statement: {
      byteMatchStatement: {
        fieldToMatch: { uriPath: {} },
        positionalConstraint: "EXACTLY",
        searchString: "/api/webhooks/stripe",
        textTransformations: [{ priority: 0, type: "NONE" }],
      },
    },
  },
};

/** Per address, in five minutes. */
const REQUEST_LIMIT = 1_000;

/**
 * A web application firewall in front of the site and the API, with `WAF=on`. From $9 a month.
 * @throws Error outside us-east-1: CloudFront's firewalls live there
 */
export function createFirewall(scope: Construct, app: Pick<App, "region">): CfnWebACL | undefined {
  if (!readSetting("WAF")) return undefined;
  if (app.region !== "us-east-1") {
    throw new Error(
      `WAF is on, but CloudFront's firewalls live in us-east-1 and this is ${app.region}: leave WAF empty.`,
    );
  }
  return new CfnWebACL(scope, "Firewall", {
    scope: "CLOUDFRONT",
    defaultAction: { allow: {} },
    visibilityConfig: visibility("Firewall"),
    rules: [
      {
        name: "RateLimit",
        priority: 0,
        action: { block: {} },
        statement: {
          rateBasedStatement: { aggregateKeyType: "IP", limit: REQUEST_LIMIT, scopeDownStatement: NOT_THE_WEBHOOK },
        },
        visibilityConfig: visibility("RateLimit"),
      },
      managedRules(1, "AWSManagedRulesAmazonIpReputationList"),
      managedRules(2, "AWSManagedRulesCommonRuleSet"),
      managedRules(3, "AWSManagedRulesKnownBadInputsRuleSet"),
    ],
  });
}

/** https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html */
function managedRules(priority: number, name: string): CfnWebACL.RuleProperty {
  return {
    name,
    priority,
    overrideAction: { none: {} },
    statement: {
      managedRuleGroupStatement: { vendorName: "AWS", name, scopeDownStatement: NOT_THE_WEBHOOK },
    },
    visibilityConfig: visibility(name),
  };
}

function visibility(metricName: string): CfnWebACL.VisibilityConfigProperty {
  return { cloudWatchMetricsEnabled: true, metricName, sampledRequestsEnabled: true };
}
