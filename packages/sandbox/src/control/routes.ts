import { Hono } from "hono";
import { z } from "zod";
import { chatsPage } from "../pages/chats-page.ts";
import type { Processing } from "../google/processing.ts";
import { faultOrder } from "../faults/fault-order.ts";
import type { StatusTeller } from "../meta-graph/messages/statuses.ts";
import type { N8n } from "../n8n/routes.ts";
import type { SandboxParts } from "../deps.ts";

const limitsOrder = z.strictObject({ enforced: z.boolean() });

/**
 * The sandbox's own routes; DELETE on those that list or order something forgets it.
 *
 * - `POST /_faults {"match":{"leadgenId":"1"},"fault":"throttle","times":2}` orders a fault.
 * - `GET /_requests`: what was asked of the APIs.
 * - `GET /_sent?channel=whatsapp`: the messages that were taken; `GET /_sent/count`: how many. `/chats` shows them.
 * - `GET /_actions`: what was done in chats besides: read marks, typing, reactions on Telegram.
 * - `GET /_limits`: whether the providers' limits are kept, and how often they were exceeded; `POST /_limits {"enforced":false}`.
 * - `GET /_n8n/asked`: the questions to the AI; `POST /_n8n/release` lets it give its slow answers.
 * - `POST /_statuses/release` tells the statuses that were held back.
 * - `GET /_conversions`: the conversions that Google took; `POST /_datamanager/process` ends their processing.
 */
export function controlRoutes(
  { faults, requests, sent, actions, limits }: SandboxParts,
  statuses: StatusTeller,
  n8n: N8n,
  processing: Processing,
): Hono {
  const control = new Hono();
  control.post("/_faults", async (c) => {
    const order = faultOrder.safeParse(await c.req.json().catch(() => undefined));
    if (!order.success) return c.json({ problems: order.error.issues.map(({ message }) => message) }, 400);
    faults.add(order.data);
    return c.body(null, 204);
  });
  control.get("/_requests", (c) => c.json(requests.list()));
  control.get("/_sent", (c) => c.json(sent.list(c.req.query("channel"))));
  control.get("/_sent/count", (c) => c.json(sent.count()));
  control.get("/_actions", (c) => c.json(actions.list()));
  control.get("/chats", (c) => c.html(chatsPage(sent.list())));
  control.get("/_limits", (c) => c.json(limits.tell()));
  control.post("/_limits", async (c) => {
    const order = limitsOrder.safeParse(await c.req.json().catch(() => undefined));
    if (!order.success) return c.json({ problems: order.error.issues.map(({ message }) => message) }, 400);
    limits.enforce(order.data.enforced);
    return c.body(null, 204);
  });
  control.get("/_n8n/asked", (c) => c.json(n8n.asked()));
  control.post("/_n8n/release", (c) => c.json({ released: n8n.release() }));
  control.post("/_statuses/release", (c) => c.json({ released: statuses.release() }));
  control.get("/_conversions", (c) => c.json(processing.list()));
  control.post("/_datamanager/process", (c) => c.json({ processed: processing.finish() }));
  const forget = {
    "/_faults": () => faults.clear(),
    "/_requests": () => requests.clear(),
    "/_sent": () => sent.clear(),
    "/_actions": () => actions.clear(),
    "/_n8n/asked": () => n8n.forget(),
    "/_conversions": () => processing.clear(),
  };
  for (const [path, clear] of Object.entries(forget))
    control.delete(path, (c) => {
      clear();
      return c.body(null, 204);
    });
  return control;
}
