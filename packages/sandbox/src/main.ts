import { serve } from "@hono/node-server";
import { systemNow } from "@millrace/core";
import { createSandboxApp } from "./app.ts";
import { deliverTo } from "./webhooks/deliver.ts";
import { readSandboxEnvironment } from "./env.ts";

const { port, ingestUrl, ...options } = readSandboxEnvironment();
// Loopback only: it answers anybody who asks.
const app = createSandboxApp({ now: systemNow, deliver: deliverTo(ingestUrl), ...options });
const server = serve({ fetch: app.fetch, port, hostname: "127.0.0.1" });
server.on("error", (error) => {
  process.stderr.write(`sandbox: ${error.message}\n`);
  process.exit(1);
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(0));
