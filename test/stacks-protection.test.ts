import { Stack } from "aws-cdk-lib";
import { afterEach, describe, expect, it, vi } from "vitest";
import { siteDomain } from "../stacks/domain.ts";
import { createFirewall } from "../stacks/firewall.ts";
import { lambdasOf, nameOf, readTemplates, resourcesOf } from "./templates.ts";

const prod = readTemplates("prod");
const dev = readTemplates("dev");

afterEach(() => vi.unstubAllEnvs());

function distributionOf({ Site }: typeof prod) {
  const [[, resource] = []] = resourcesOf(Site, "AWS::CloudFront::Distribution");
  return resource?.Properties.DistributionConfig as {
    Aliases: string[];
    ViewerCertificate: Record<string, unknown>;
    WebACLId?: unknown;
    DefaultCacheBehavior: Record<string, unknown>;
    CacheBehaviors: Record<string, unknown>[];
    Origins: { CustomOriginConfig?: Record<string, unknown> }[];
  };
}

describe("the API", () => {
  it("has a limit for every route: wide for Stripe, narrow for what only monitors ask", () => {
    prod.Api.hasResourceProperties("AWS::ApiGatewayV2::Stage", {
      DefaultRouteSettings: { ThrottlingRateLimit: 20, ThrottlingBurstLimit: 40 },
      RouteSettings: {
        "POST /api/webhooks/stripe": { ThrottlingRateLimit: 200, ThrottlingBurstLimit: 400 },
        "GET /api/health": { ThrottlingRateLimit: 5, ThrottlingBurstLimit: 10 },
      },
    });
  });

  it("gets its limits after the routes that they are for", () => {
    const [[, stage] = []] = resourcesOf(prod.Api, "AWS::ApiGatewayV2::Stage");
    const routes = resourcesOf(prod.Api, "AWS::ApiGatewayV2::Route");
    const keys = routes.map(([, { Properties }]) => Properties.RouteKey);
    expect(keys).toEqual(expect.arrayContaining(Object.keys(stage?.Properties.RouteSettings as object)));
    expect(stage?.DependsOn).toEqual(expect.arrayContaining(routes.map(([id]) => id)));
  });

  it("answers no other origin's scripts", () => {
    const [[, api] = []] = resourcesOf(prod.Api, "AWS::ApiGatewayV2::Api");
    expect(api?.Properties).not.toHaveProperty("CorsConfiguration");
  });
});

it("every queue is encrypted at rest, and the dead letters are those of one queue alone", () => {
  const queues = [...resourcesOf(prod.Events, "AWS::SQS::Queue"), ...resourcesOf(prod.Relay, "AWS::SQS::Queue")];
  expect(queues.map(([, { Properties }]) => Properties.SqsManagedSseEnabled)).toEqual([true, true, true]);
  const named = (name: string) => queues.find(([, { Properties }]) => String(Properties.QueueName).endsWith(name))?.[1];
  const allowed = JSON.stringify(named("-StripeEventsDlq")?.Properties.RedriveAllowPolicy);
  expect(allowed).toContain('"redrivePermission":"byQueue"');
  expect(allowed).toContain(`:${named("-StripeEvents")?.Properties.QueueName}"`);
});

it("five consumers at most write to Postgres at once", () => {
  expect(lambdasOf(prod.Events).map(nameOf)).toEqual(["apply-stripe-events"]);
  prod.Events.hasResourceProperties("AWS::Lambda::EventSourceMapping", { ScalingConfig: { MaximumConcurrency: 5 } });
});

describe("the site", () => {
  it("is reached over TLS 1.2 or newer, and reaches the API so", () => {
    const { ViewerCertificate, DefaultCacheBehavior, CacheBehaviors, Origins } = distributionOf(prod);
    expect(ViewerCertificate).toMatchObject({ MinimumProtocolVersion: "TLSv1.2_2021", SslSupportMethod: "sni-only" });
    expect(DefaultCacheBehavior.ViewerProtocolPolicy).toBe("redirect-to-https");
    for (const { ViewerProtocolPolicy } of CacheBehaviors) expect(ViewerProtocolPolicy).toBe("https-only");
    const toApi = Origins.flatMap(({ CustomOriginConfig }) => CustomOriginConfig ?? []);
    expect(toApi).toEqual([
      { OriginProtocolPolicy: "https-only", OriginReadTimeout: 30, OriginSSLProtocols: ["TLSv1.2"] },
    ]);
  });

  it("has headers on every answer that keep browsers on HTTPS", () => {
    const { DefaultCacheBehavior, CacheBehaviors } = distributionOf(prod);
    for (const behaviour of [DefaultCacheBehavior, ...CacheBehaviors]) {
      expect(behaviour).toHaveProperty("ResponseHeadersPolicyId");
    }
    prod.Site.hasResourceProperties("AWS::CloudFront::ResponseHeadersPolicy", {
      ResponseHeadersPolicyConfig: {
        SecurityHeadersConfig: {
          StrictTransportSecurity: { AccessControlMaxAgeSec: 63_072_000, Override: true },
          ContentTypeOptions: { Override: true },
          FrameOptions: { FrameOption: "DENY", Override: true },
        },
      },
    });
  });

  it("lives under SITE_URL's domain, with a certificate and records in the hosted zone", () => {
    expect(distributionOf(prod).Aliases).toEqual(["app.example.com"]);
    prod.Site.hasResourceProperties("AWS::CertificateManager::Certificate", {
      DomainValidationOptions: [{ DomainName: "app.example.com", HostedZoneId: "Z0123456789ABCDEFGHIJ" }],
    });
    for (const Type of ["A", "AAAA"]) {
      prod.Site.hasResourceProperties("AWS::Route53::RecordSet", { Name: "app.example.com.", Type });
    }
  });

  it("takes a certificate that was made elsewhere, and then leaves DNS alone", () => {
    const arn = "arn:aws:acm:us-east-1:123456789012:certificate/6a5f0f0e-1111-4222-8333-123456789012";
    vi.stubEnv("SITE_URL", "https://app.example.com");
    vi.stubEnv("SITE_CERTIFICATE_ARN", arn);
    const domain = siteDomain(new Stack(), { region: "eu-central-1" });
    expect(domain).toMatchObject({ domainName: "app.example.com", isExternalDomain: true });
    expect(domain?.cdk?.certificate?.certificateArn).toBe(arn);
  });

  it("lives under CloudFront's own domain where none is set", () => {
    expect(distributionOf(dev).Aliases).toEqual([]);
  });
});

describe("the firewall", () => {
  it("stands in front of everything but Stripe's deliveries", () => {
    expect(distributionOf(prod).WebACLId).toEqual({ "Fn::GetAtt": ["Firewall", "Arn"] });
    const [[, firewall] = []] = resourcesOf(prod.Site, "AWS::WAFv2::WebACL");
    const rules = firewall?.Properties.Rules as { Name: string; Statement: unknown }[];
    expect(rules.map(({ Name }) => Name)).toEqual([
      "RateLimit",
      "AWSManagedRulesAmazonIpReputationList",
      "AWSManagedRulesCommonRuleSet",
      "AWSManagedRulesKnownBadInputsRuleSet",
    ]);
    for (const { Statement } of rules)
      expect(JSON.stringify(Statement)).toMatch(/NotStatement.*"EXACTLY","SearchString":"\/api\/webhooks\/stripe"/);
  });

  it("is there only where it is on", () => {
    expect(distributionOf(dev)).not.toHaveProperty("WebACLId");
  });
});

describe("a setting that cannot be", () => {
  const stack = new Stack();
  const elsewhere = { region: "eu-central-1" };

  it.each([
    ["WAF", "yes", 'WAF is "yes": set it to on, or leave it empty.', () => createFirewall(stack, elsewhere)],
    ["WAF", "on", "firewalls live in us-east-1 and this is eu-central-1", () => createFirewall(stack, elsewhere)],
    ["SITE_HOSTED_ZONE_ID", "Z1", "make one there, and set SITE_CERTIFICATE_ARN", () => siteDomain(stack, elsewhere)],
  ])("is named before anything is deployed: %s=%s", (name, value, message, build) => {
    vi.stubEnv("SITE_URL", "https://app.example.com");
    vi.stubEnv(name, value);
    expect(build).toThrow(message);
  });
});
