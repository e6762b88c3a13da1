import { serve } from "@hono/node-server";
import { systemNow } from "@millrace/core";
import { createSandboxApp } from "./app.ts";
import { readSandboxEnvironment } from "./env.ts";
import { deliverTo } from "./webhooks/deliver.ts";

const { port, ingestUrl, ...options } = readSandboxEnvironment();
const app = createSandboxApp({ now: systemNow, deliver: deliverTo(ingestUrl), ...options });
// The server listens on loopback only, because the sandbox authenticates no operator.
const server = serve({ fetch: app.fetch, port, hostname: "127.0.0.1" });
server.on("error", (error) => {
  process.stderr.write(`sandbox: ${error.message}\n`);
  process.exit(1);
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(0));
