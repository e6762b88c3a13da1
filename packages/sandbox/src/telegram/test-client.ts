import type { Hono } from "hono";
import type { SentMessage } from "../logs/sent-log.ts";

type ResponseBody = { ok: boolean; result?: Record<string, unknown>; description?: string; parameters?: object };

/** Functions for tests that call the Bot API of the sandbox that `app` returns. */
export function telegramClient(app: () => Hono) {
  return {
    async call(method: string, parameters: object | FormData = {}, token = "7:sandbox") {
      const response = await app().request(
        `/telegram/bot${token}/${method}`,
        parameters instanceof FormData
          ? { method: "POST", body: parameters }
          : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(parameters) },
      );
      const text = await response.text();
      return { status: response.status, body: (/^{.*}$/.test(text) ? JSON.parse(text) : {}) as ResponseBody };
    },
    /** Lists the accepted messages. */
    async sent() {
      return (await (await app().request("/_sent?channel=telegram")).json()) as SentMessage[];
    },
    addFault: (fault: unknown) => app().request("/_faults", { method: "POST", body: JSON.stringify(fault) }),
  };
}
