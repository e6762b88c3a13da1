import { hmacSha256Hex } from "@millrace/core";
import { integrations } from "@millrace/integrations";

/** Variables of the measured server. */
export const benchEnvironment = {
  META_WEBHOOK_ENABLED: "false",
  TELEGRAM_WEBHOOK_ENABLED: "false",
  WHATSAPP_APP_SECRET: "bench-app-secret",
  WHATSAPP_WEBHOOK_VERIFY_TOKEN: "bench-verify-token",
};

/**
 * Returns complete HTTP requests with signed WhatsApp texts. Each text has its own message id, so that none is a
 * duplicate. `run` is a letter that keeps the ids of two calls apart.
 */
export function whatsappRequests(count: number, run: string): Buffer[] {
  const sample = integrations.find(({ id }) => id === "whatsapp")?.samples(benchEnvironment, new Date())["text"];
  if (!sample) throw new Error("WhatsApp has no sample text");
  const id = /wamid\.[\w=]+/.exec(sample.body)?.[0] ?? "";
  return Array.from({ length: count }, (_, index) => {
    const body = sample.body.replace(id, `wamid.HBgLNDkxNTE${run}${String(index).padStart(12, "0")}`);
    const head = [
      `POST ${sample.path} HTTP/1.1`,
      "Host: 127.0.0.1",
      "Content-Type: application/json",
      "User-Agent: facebookexternalua",
      `X-Hub-Signature-256: sha256=${hmacSha256Hex(benchEnvironment.WHATSAPP_APP_SECRET, Buffer.from(body))}`,
      `Content-Length: ${Buffer.byteLength(body)}`,
    ];
    return Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`);
  });
}
