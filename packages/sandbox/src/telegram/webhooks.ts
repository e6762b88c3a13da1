import type { Now } from "@millrace/core";
import { badRequest } from "./responses.ts";

/** The webhook of a bot before `setWebhook`, so that each bot of the sandbox is ready. */
const DEFAULT_URL = "https://millrace.example/api/integrations/telegram/webhook";

/** The webhooks of the bots. */
export type Webhooks = {
  /** Implements `setWebhook`. An empty URL removes the webhook. */
  set(bot: string, url: unknown): true;
  /** Implements `getWebhookInfo`. A host that ends in `.invalid` fails, as one without an address does. */
  info(bot: string): Record<string, unknown>;
};

/** Creates {@link Webhooks}. */
export function createWebhooks(now: Now): Webhooks {
  const urls = new Map<string, string>();
  return {
    set(bot, url = "") {
      if (url !== "" && !String(url).startsWith("https://"))
        throw badRequest("bad webhook: An HTTPS URL must be provided for webhook");
      urls.set(bot, String(url));
      return true;
    },
    info(bot) {
      const url = urls.get(bot) ?? DEFAULT_URL;
      const failed = url !== "" && new URL(url).hostname.endsWith(".invalid");
      return {
        url,
        has_custom_certificate: false,
        pending_update_count: failed ? 1 : 0,
        ...(failed
          ? {
              last_error_date: Math.floor(now().getTime() / 1000),
              last_error_message: "Failed to resolve host: Name or service not known",
            }
          : {}),
      };
    },
  };
}
