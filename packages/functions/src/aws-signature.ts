import { createHash, createHmac } from "node:crypto";

export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  /** Of temporary credentials, as a Lambda has them. */
  sessionToken?: string;
}

export interface AwsCall {
  service: string;
  region: string;
  host: string;
  /** Lower-case names; all of them are signed. */
  headers: Record<string, string>;
  body: string;
  now: Date;
}

/**
 * Signs a `POST /` by AWS Signature Version 4: all that AWS's JSON protocols need.
 * @returns the headers to send; `host` is the HTTP client's to add
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function signAwsCall(call: AwsCall, credentials: AwsCredentials): Record<string, string> {
  const timestamp = call.now.toISOString().replace(/[-:]|\.\d{3}/g, "");
  const day = timestamp.slice(0, 8);
  const scope = `${day}/${call.region}/${call.service}/aws4_request`;

  const headers: Record<string, string> = {
    ...call.headers,
    "x-amz-date": timestamp,
    ...(credentials.sessionToken && { "x-amz-security-token": credentials.sessionToken }),
  };
  const signed = Object.entries({ ...headers, host: call.host }).sort(([a], [b]) => (a < b ? -1 : 1));
  const signedHeaders = signed.map(([name]) => name).join(";");
  const canonicalHeaders = signed.map(([name, value]) => `${name}:${value}\n`).join("");
  const request = `POST\n/\n\n${canonicalHeaders}\n${signedHeaders}\n${sha256(call.body)}`;

  const key = [day, call.region, call.service, "aws4_request"].reduce<string | Buffer>(
    (secret, part) => createHmac("sha256", secret).update(part).digest(),
    `AWS4${credentials.secretAccessKey}`,
  );
  const toSign = `AWS4-HMAC-SHA256\n${timestamp}\n${scope}\n${sha256(request)}`;
  const signature = createHmac("sha256", key).update(toSign).digest("hex");
  const credential = `Credential=${credentials.accessKeyId}/${scope}`;
  return {
    ...headers,
    authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${signedHeaders}, Signature=${signature}`,
  };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
