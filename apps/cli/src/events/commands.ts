import type { Command } from "commander";
import { runCommand } from "../run-command.ts";

/** Adds `millrace send`, `status` and `trace`. */
export function addEventCommands(program: Command): void {
  program
    .command("send")
    .description("post a signed sample to the running ingest")
    .argument("<integration>", "id of the integration, for example whatsapp")
    .argument("[sample]", "name of the sample; without it, the command lists the samples")
    .argument("[fields...]", "field=value pairs that replace fields of the sample")
    .action((integration: string, sample: string | undefined, fields: string[]) =>
      runCommand(async () => (await import("./send.ts")).sendSample, { integration, sample, fields }),
    );
  program
    .command("status")
    .description("count the events per integration: waiting, in flight, done and dead")
    .option("--exact", "count every event, which takes minutes with millions of them")
    .option("--json", "print JSON")
    .action((options: { json?: true; exact?: true }) =>
      runCommand(async () => (await import("./status.ts")).printStatus, options),
    );
  program
    .command("trace")
    .description("show the state of events, and what the queue and Postgres record about them")
    .argument("<ids...>", "ids of events, correlation ids of requests, or ids of merged contacts and conversations")
    .option("--json", "print JSON")
    .action((ids: string[], { json }: { json?: true }) =>
      runCommand(async () => (await import("./trace.ts")).printTraces, { ids, json }),
    );
}
