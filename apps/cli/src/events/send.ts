import type { Environment } from "@millrace/core";
import { integrations } from "@millrace/integrations";
import { readPorts } from "../env.ts";
import { UsageError } from "../usage-error.ts";

/** `millrace send`: posts a sample to ingest. Without the name of a sample, it prints the names. */
export async function sendSample(
  environment: Environment,
  {
    integration: name,
    sample: sampleName,
    fields,
  }: { integration: string; sample: string | undefined; fields: string[] },
): Promise<void> {
  const integration = integrations.find(({ id, aliases }) => id === name || aliases?.includes(name));
  if (!integration)
    throw new UsageError(
      `there is no integration ${name}; choose one of: ${integrations.map(({ id }) => id).join(", ")}`,
    );
  const samples = integration.samples(environment, new Date(), parseFields(fields));
  const sampleNames = Object.keys(samples).join(", ");
  if (sampleName === undefined) {
    process.stdout.write(`samples of ${integration.id}: ${sampleNames}\n`);
    return;
  }
  const sample = samples[sampleName];
  if (!sample) throw new UsageError(`there is no sample ${sampleName}; choose one of: ${sampleNames}`);
  const url = `http://127.0.0.1:${readPorts(environment).ingest}${sample.path}`;
  const response = await fetch(url, { method: "POST", headers: sample.headers, body: sample.body }).catch(() => {
    throw new Error(`ingest does not answer at ${url}; start Millrace with npm start`);
  });
  const body = await response.text();
  process.stdout.write(
    `${integration.id} ${sampleName}: ${response.status}, correlation id ${response.headers.get("x-request-id")}\n${body && `${body}\n`}`,
  );
  if (!response.ok) throw new Error(`ingest answered ${response.status}`);
}

/** Parses pairs such as `text=Hello`. */
function parseFields(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at < 1) throw new UsageError(`${pair} is not a field=value pair`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
