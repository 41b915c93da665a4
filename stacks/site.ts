import { environmentText, TIME_LIMITS } from "@turnpike/settings";
import { Duration, Fn } from "aws-cdk-lib";
import {
  AllowedMethods,
  type BehaviorOptions,
  CachePolicy,
  OriginRequestPolicy,
  ResponseHeadersPolicy,
  S3OriginAccessControl,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from "aws-cdk-lib/aws-cloudfront";
import { HttpOrigin, S3BucketOrigin } from "aws-cdk-lib/aws-cloudfront-origins";
import { BlockPublicAccess, Bucket } from "aws-cdk-lib/aws-s3";
import { type StackContext, StaticSite, use } from "sst/constructs";
import { Api } from "./api.ts";
import { siteDomain } from "./domain.ts";
import { createFirewall } from "./firewall.ts";
import { globalName } from "./names.ts";
import { pageFunctions } from "./pages.ts";
import { pageHeaders } from "./security-headers.ts";
import { removalPolicyOf, stageOf } from "./stage.ts";
import { stripeJs } from "./stripe-js.ts";

// CloudFront keeps an error for ten seconds, and shows it to the next one who asks, whoever that is.
const NEVER_KEPT = [400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504].map((httpStatus) => ({
  httpStatus,
  ttl: Duration.seconds(0),
}));

/** The web app and the API behind one CloudFront: one origin, so the session cookie reaches both. */
export function Site({ app, stack }: StackContext) {
  const { api, embedsCheckout } = use(Api);
  const bucket = new Bucket(stack, "SiteBucket", {
    enforceSSL: true,
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    removalPolicy: removalPolicyOf(stageOf(app)),
  });
  const customDomain = siteDomain(stack, app);
  const firewall = createFirewall(stack, app);
  const site = new StaticSite(stack, "Site", {
    path: "packages/web",
    buildCommand: "npm run build",
    buildOutput: "dist",
    ...(customDomain && { customDomain }),
    environment: {
      VITE_SUPABASE_URL: environmentText("SUPABASE_URL") ?? "",
      VITE_SUPABASE_PUBLISHABLE_KEY: environmentText("SUPABASE_PUBLISHABLE_KEY") ?? "",
      VITE_ON_USER_DELETE: environmentText("ON_USER_DELETE") ?? "cancel",
      ...(embedsCheckout && stripeJs()),
      // No site is deployed then: `sst bind` gives this to the dev server of a laptop.
      ...(app.mode === "dev" && { API_URL: api.url }),
    },
    cdk: {
      bucket,
      distribution: {
        errorResponses: NEVER_KEPT,
        ...(firewall && { webAclId: firewall.attrArn }),
        minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
        defaultBehavior: {
          origin: S3BucketOrigin.withOriginAccessControl(bucket, {
            originAccessControl: accessControl({ app, stack }),
          }),
          functionAssociations: pageFunctions(stack, embedsCheckout),
          responseHeadersPolicy: pageHeaders({ app, stack }, embedsCheckout),
          viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        },
        additionalBehaviors: { "/api/*": toApi(api.url) },
      },
    },
  });

  stack.addOutputs({
    SiteUrl: site.customDomainUrl ?? site.url,
    SiteDnsTarget: site.cdk?.distribution.distributionDomainName,
  });
}

/** CDK would give it the same name in every region. */
function accessControl({ app, stack }: StackContext): S3OriginAccessControl {
  return new S3OriginAccessControl(stack, "SiteAccess", { originAccessControlName: globalName(app) });
}

/** Nothing of the API is cached. It gets the whole request but the `Host` header: API Gateway tells its APIs apart by its own. */
function toApi(url: string): BehaviorOptions {
  return {
    origin: new HttpOrigin(Fn.select(2, Fn.split("/", url)), { readTimeout: Duration.millis(TIME_LIMITS.gateway) }),
    allowedMethods: AllowedMethods.ALLOW_ALL,
    cachePolicy: CachePolicy.CACHING_DISABLED,
    originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
    responseHeadersPolicy: ResponseHeadersPolicy.SECURITY_HEADERS,
    viewerProtocolPolicy: ViewerProtocolPolicy.HTTPS_ONLY,
  };
}
