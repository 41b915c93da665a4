import { environmentText, readSetting } from "@turnpike/settings";
import { Duration } from "aws-cdk-lib";
import { HeadersFrameOption, HeadersReferrerPolicy, ResponseHeadersPolicy } from "aws-cdk-lib/aws-cloudfront";
import type { StackContext } from "sst/constructs";
import { globalName } from "./names.ts";

/** Where Stripe has Checkout and the customer portal: the form of a plan leads to either. */
const STRIPE_PAGES = ["checkout.stripe.com", "billing.stripe.com"];

/**
 * What a page may load, and where it may send. Scripts and styles come out of the build, so neither inline ones nor foreign ones
 * are needed; but for Stripe's, where the site's pages show Checkout: https://docs.stripe.com/security/guide#content-security-policy
 */
export function contentSecurityPolicy(
  supabaseUrl: string | undefined,
  stripeDomains: string[],
  embeds: boolean,
): string {
  const supabase = supabaseUrl ? [new URL(supabaseUrl).origin] : [];
  const ofStripe = (...addresses: string[]) => (embeds ? addresses : []);
  const directives = {
    "default-src": ["'none'"],
    "script-src": ["'self'", ...ofStripe("https://js.stripe.com", "https://*.js.stripe.com")],
    "style-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "connect-src": ["'self'", ...supabase, ...ofStripe("https://api.stripe.com")],
    ...(embeds && {
      "frame-src": ofStripe(
        "https://js.stripe.com",
        "https://*.js.stripe.com",
        "https://hooks.stripe.com",
        "https://checkout.stripe.com",
      ),
    }),
    // Browsers follow a form's redirect only where this allows it.
    "form-action": ["'self'", ...[...STRIPE_PAGES, ...stripeDomains].map((domain) => `https://${domain}`)],
    "base-uri": ["'none'"],
    "frame-ancestors": ["'none'"],
  };
  return Object.entries(directives)
    .map(([name, sources]) => `${name} ${sources.join(" ")}`)
    .join("; ");
}

/** The headers that every page is served with; the API's answers have CloudFront's own set, which lacks only the first. */
export function pageHeaders({ app, stack }: StackContext, embedsCheckout: boolean): ResponseHeadersPolicy {
  return new ResponseHeadersPolicy(stack, "PageHeaders", {
    // CDK would give it the same one in every region.
    responseHeadersPolicyName: globalName(app),
    securityHeadersBehavior: {
      contentSecurityPolicy: {
        contentSecurityPolicy: contentSecurityPolicy(
          environmentText("SUPABASE_URL"),
          readSetting("STRIPE_CUSTOM_DOMAINS"),
          embedsCheckout,
        ),
        override: true,
      },
      contentTypeOptions: { override: true },
      frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
      referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.STRICT_ORIGIN_WHEN_CROSS_ORIGIN, override: true },
      // Not for subdomains: what else lives under the site's name is not ours to decide.
      strictTransportSecurity: { accessControlMaxAge: Duration.days(730), includeSubdomains: false, override: true },
    },
    customHeadersBehavior: {
      customHeaders: [
        { header: "Permissions-Policy", value: "camera=(), geolocation=(), microphone=()", override: true },
        { header: "Cross-Origin-Opener-Policy", value: "same-origin", override: true },
      ],
    },
  });
}
