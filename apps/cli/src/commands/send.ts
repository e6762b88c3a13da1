import type { Environment } from "@millrace/core";
import { integrations } from "@millrace/integrations";
import { readPorts } from "../env.ts";
import { UsageError } from "../usage.ts";

/** `millrace send` */
export const send = {
  usage: "send <integration> <sample>              post a signed sample to the running ingest",
  async run([name, sampleName]: string[], environment: Environment): Promise<void> {
    const integration = integrations.find(({ id, aliases }) => id === name || aliases?.includes(name ?? ""));
    if (!integration) throw new UsageError(`which integration? ${integrations.map(({ id }) => id).join(", ")}`);
    const samples = integration.samples(environment, new Date());
    const sample = samples[sampleName ?? ""];
    if (!sample) throw new UsageError(`which sample? ${Object.keys(samples).join(", ")}`);
    const url = `http://127.0.0.1:${readPorts(environment).ingest}${sample.path}`;
    const response = await fetch(url, { method: "POST", headers: sample.headers, body: sample.body }).catch(() => {
      throw new Error(`nothing answers at ${url}: is Millrace running (npm start)?`);
    });
    process.stdout.write(
      `${integration.id} ${sampleName}: ${response.status}, correlation id ${response.headers.get("x-request-id")}\n`,
    );
    if (!response.ok) throw new Error(`refused with ${response.status}`);
  },
};
