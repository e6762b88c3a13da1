import { expect, test } from "vitest";
import { readSandboxEnvironment } from "./env.ts";

test("the newest of several secrets signs, and WHATSAPP_APP_SECRET has priority over META_APP_SECRET", () => {
  expect(
    readSandboxEnvironment({
      INGEST_PORT: "9000",
      META_APP_SECRET: "meta",
      WHATSAPP_APP_SECRET: "new, old",
      N8N_WEBHOOK_SECRET: "n8n-new,n8n-old",
    }),
  ).toMatchObject({ ingestUrl: "http://127.0.0.1:9000", whatsappAppSecret: "new", n8nSecret: "n8n-new" });
  expect(readSandboxEnvironment({ META_APP_SECRET: "meta" }).whatsappAppSecret).toBe("meta");
});

test("all variables are optional", () => {
  expect(readSandboxEnvironment({})).toEqual({
    port: 8082,
    processingMs: 5000,
    ingestUrl: "http://127.0.0.1:8080",
    whatsappAppSecret: undefined,
    n8nSecret: undefined,
  });
});
