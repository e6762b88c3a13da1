import type { Environment } from "@millrace/core";
import { integrationsWithAccounts } from "@millrace/integrations";

/** Returns the text that `millrace start` shows: where each part is, how to sign in, and which commands to try. */
export function screen({
  ports,
  variables,
  dataFolder,
  seconds,
}: {
  ports: { ingest: number; dashboard: number; sandbox: number; worker: number };
  variables: Environment;
  /** The data folder of the embedded Postgres. Undefined if DATABASE_URL names another Postgres. */
  dataFolder: string | undefined;
  seconds: number;
}): string {
  const commands = integrationsWithAccounts.map(
    ({ id, samples }) => `    npm run millrace -- send ${id} ${Object.keys(samples(variables, new Date()))[0]}`,
  );
  return `
  Millrace runs (ready in ${seconds.toFixed(1)} s). Ctrl-C stops it.

    ingest     http://127.0.0.1:${ports.ingest}
    dashboard  http://127.0.0.1:${ports.dashboard}   sign in as ${variables["DASHBOARD_USER"]} with ${variables["DASHBOARD_PASSWORD"]}
    sandbox    http://127.0.0.1:${ports.sandbox}/chats   the messages that it received
               http://127.0.0.1:${ports.sandbox}/alerts   the alerts that it received
    API        http://127.0.0.1:${ports.ingest}/docs
    worker     http://127.0.0.1:${ports.worker}
    Postgres   ${dataFolder ? variables["DATABASE_URL"] : "the one in DATABASE_URL"}
    data       ${dataFolder ?? "in that Postgres"}
    secrets    .millrace/local.env
    logs       .millrace/logs

  Send a signed sample and count the events:

${commands.join("\n")}
    npm run millrace -- status

`;
}
