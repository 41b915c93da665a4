import { SUPPRESSIONS } from "../stacks/nag-suppressions.ts";

/** `docs/security/nag.md`: the findings of cdk-nag that stay, with their reasons. */
export function nagPage(): string {
  const rows = SUPPRESSIONS.map(
    ({ rule, resources, reason }) => `| ${rule.replace("AwsSolutions-", "")} | ${resources} | ${reason} |`,
  );
  return `# Findings that stay

Every synth is held to cdk-nag's [AwsSolutions rules](https://github.com/cdklabs/cdk-nag/blob/main/RULES.md#aws-solutions), and fails
on a finding that is not in this list: so does \`sst deploy\`. Each entry covers the named resources only. Written by
\`npm run generate\` from \`stacks/nag-suppressions.ts\`; a test holds that each is still needed.

| rule | resources | why it stays |
|---|---|---|
${rows.join("\n")}
`;
}
