import type { Environment } from "@millrace/core";
import { integrations } from "@millrace/integrations";

/** The one screen that says where everything is. */
export function screen({
  ports,
  variables,
  dataFolder,
  seconds,
}: {
  ports: { ingest: number; dashboard: number; sandbox: number; worker: number };
  variables: Environment;
  dataFolder: string | undefined;
  seconds: number;
}): string {
  const samples = integrations
    .filter(({ local }) => local.accounts.length > 0)
    .map(({ id, samples: of }) => `    npm run millrace -- send ${id} ${Object.keys(of(variables, new Date()))[0]}`);
  return `
  Millrace runs (ready in ${seconds.toFixed(1)} s). Ctrl-C stops it.

    ingest     http://127.0.0.1:${ports.ingest}
    dashboard  http://127.0.0.1:${ports.dashboard}   sign in as ${variables["DASHBOARD_USER"]} with ${variables["DASHBOARD_PASSWORD"]}
    sandbox    http://127.0.0.1:${ports.sandbox}/chats   what it was sent
               http://127.0.0.1:${ports.sandbox}/alerts   what should wake someone
    API        http://127.0.0.1:${ports.ingest}/docs
    worker     http://127.0.0.1:${ports.worker}
    Postgres   ${dataFolder ? variables["DATABASE_URL"] : "as DATABASE_URL says"}
    data       ${dataFolder ?? "in that Postgres"}
    secrets    .millrace/local.env
    logs       .millrace/logs

  Send a signed sample, then look where it went:

${samples.join("\n")}
    npm run millrace -- status

`;
}
