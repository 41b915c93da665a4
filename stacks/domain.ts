import { readSetting } from "@turnpike/settings";
import { Certificate, CertificateValidation } from "aws-cdk-lib/aws-certificatemanager";
import { HostedZone } from "aws-cdk-lib/aws-route53";
import type { Construct } from "constructs";
import type { App, StaticSiteDomainProps } from "sst/constructs";

/**
 * The site's own domain, `SITE_URL`'s. With `SITE_HOSTED_ZONE_ID` the certificate and the DNS records are made in that zone of
 * Route 53; with `SITE_CERTIFICATE_ARN` alone, DNS is yours. With neither, CloudFront's own domain is all there is.
 * @throws Error when the certificate cannot be made here, or `SITE_URL` is not set
 */
export function siteDomain(scope: Construct, app: Pick<App, "region">): StaticSiteDomainProps | undefined {
  const hostedZoneId = readSetting("SITE_HOSTED_ZONE_ID");
  const certificateArn = readSetting("SITE_CERTIFICATE_ARN");
  if (!hostedZoneId && !certificateArn) return undefined;
  const domainName = new URL(readSetting("SITE_URL")).hostname;

  if (!certificateArn && app.region !== "us-east-1") {
    throw new Error(
      `CloudFront takes certificates of us-east-1 only, and this is ${app.region}: make one there, and set SITE_CERTIFICATE_ARN.`,
    );
  }

  // A zone's own name matters only where records are named relative to it.
  const hostedZone = hostedZoneId
    ? HostedZone.fromHostedZoneAttributes(scope, "Zone", { hostedZoneId, zoneName: domainName })
    : undefined;
  const certificate = certificateArn
    ? Certificate.fromCertificateArn(scope, "Certificate", certificateArn)
    : new Certificate(scope, "Certificate", { domainName, validation: CertificateValidation.fromDns(hostedZone) });
  return hostedZone
    ? { domainName, cdk: { hostedZone, certificate } }
    : { domainName, isExternalDomain: true, cdk: { certificate } };
}
