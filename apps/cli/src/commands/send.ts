import type { Environment } from "@millrace/core";
import { integrations } from "@millrace/integrations";
import { readPorts } from "../env.ts";
import { UsageError } from "../usage.ts";

/** `millrace send` */
export const send = {
  usage: "send <integration> <sample> [field=value …]  post a signed sample to the running ingest",
  async run([name, sampleName, ...given]: string[], environment: Environment): Promise<void> {
    const integration = integrations.find(({ id, aliases }) => id === name || aliases?.includes(name ?? ""));
    if (!integration) throw new UsageError(`which integration? ${integrations.map(({ id }) => id).join(", ")}`);
    const samples = integration.samples(environment, new Date(), fieldsOf(given));
    const sample = samples[sampleName ?? ""];
    if (!sample) throw new UsageError(`which sample? ${Object.keys(samples).join(", ")}`);
    const url = `http://127.0.0.1:${readPorts(environment).ingest}${sample.path}`;
    const response = await fetch(url, { method: "POST", headers: sample.headers, body: sample.body }).catch(() => {
      throw new Error(`nothing answers at ${url}: is Millrace running (npm start)?`);
    });
    const answer = await response.text();
    process.stdout.write(
      `${integration.id} ${sampleName}: ${response.status}, correlation id ${response.headers.get("x-request-id")}\n${answer && `${answer}\n`}`,
    );
    if (!response.ok) throw new Error(`refused with ${response.status}`);
  },
};

/** `text=Hello` as a field and its value. */
function fieldsOf(given: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    given.map((pair) => {
      const at = pair.indexOf("=");
      if (at < 1) throw new UsageError(`${pair} is no field=value`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
