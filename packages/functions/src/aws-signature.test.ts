import { AwsV4Signer } from "aws4fetch";
import { expect, it } from "vitest";
import { type AwsCredentials, signAwsCall } from "./aws-signature.ts";

// AWS's own, of its Signature Version 4 test suite.
const CREDENTIALS: AwsCredentials = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
const CALL = {
  service: "service",
  region: "us-east-1",
  host: "example.amazonaws.com",
  headers: {},
  body: "",
  now: new Date("2015-08-30T12:36:00Z"),
};

it("signs AWS's test request as AWS says (post-vanilla)", () => {
  expect(signAwsCall(CALL, CREDENTIALS)).toEqual({
    "x-amz-date": "20150830T123600Z",
    authorization:
      "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, " +
      "Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
  });
});

it("signs what is sent to SSM and SQS, with temporary credentials, as another signer does", async () => {
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AmazonSSM.GetParameters" };
  const body = JSON.stringify({ Names: ["/sst/turnpike/prod/Secret/GRÜSSE/value"], WithDecryption: true });
  const credentials = { ...CREDENTIALS, sessionToken: "IQoJb3JpZ2luX2VjEOr//////+token==" };
  const { authorization } = signAwsCall({ ...CALL, service: "ssm", headers, body }, credentials);

  const other = new AwsV4Signer({
    method: "POST",
    url: "https://example.amazonaws.com/",
    headers,
    body,
    ...credentials,
    service: "ssm",
    region: CALL.region,
    datetime: "20150830T123600Z",
    allHeaders: true,
  });
  expect(authorization).toBe((await other.sign()).headers.get("authorization"));
});
