import { Hono } from "hono";
import { z } from "zod";
import type { SandboxDeps } from "../deps.ts";
import { faultBody } from "../faults/fault-body.ts";
import type { Processing } from "../google/processing.ts";
import type { StatusNotifier } from "../meta-graph/messages/statuses.ts";
import type { N8n } from "../n8n/routes.ts";
import { chatsPage } from "../pages/chats-page.ts";

/** The providers' state that the control routes list and release. */
type ProviderState = { statuses: StatusNotifier; n8n: N8n; processing: Processing };

const limitsBody = z.strictObject({ enforced: z.boolean() });

/**
 * Routes for tests and operators. A DELETE request empties a list.
 *
 * - `POST /_faults {"match":{"leadgenId":"1"},"fault":"throttle","times":2}` adds a fault.
 * - `GET /_requests` lists the requests to the APIs.
 * - `GET /_sent?channel=whatsapp` lists the accepted messages, `GET /_sent/count` counts them, `/chats` is a page of them.
 * - `GET /_actions` lists read marks, typing indicators, and Telegram's reactions and answered callback queries.
 * - `GET /_limits` returns whether the rate limits are enforced, and how many requests each limit rejected.
 * - `POST /_limits {"enforced":false}` switches the rate limits off.
 * - `GET /_n8n/asked` lists the questions to the AI, `POST /_n8n/release` releases its slow answers.
 * - `POST /_statuses/release` releases the late statuses.
 * - `GET /_conversions` lists the accepted conversions, `POST /_datamanager/process` completes their processing.
 */
export function controlRoutes(deps: SandboxDeps, { statuses, n8n, processing }: ProviderState): Hono {
  const { faults, requests, sent, actions, rateLimiter } = deps;
  const control = new Hono();
  control.post("/_faults", async (c) => {
    const body = faultBody.safeParse(await c.req.json().catch(() => undefined));
    if (!body.success) return c.json({ problems: body.error.issues.map(({ message }) => message) }, 400);
    faults.add(body.data);
    return c.body(null, 204);
  });
  control.get("/_requests", (c) => c.json(requests.list()));
  control.get("/_sent", (c) => c.json(sent.list(c.req.query("channel"))));
  control.get("/_sent/count", (c) => c.json(sent.count()));
  control.get("/_actions", (c) => c.json(actions.list()));
  control.get("/chats", (c) => c.html(chatsPage(sent.list())));
  control.get("/_limits", (c) => c.json(rateLimiter.status()));
  control.post("/_limits", async (c) => {
    const body = limitsBody.safeParse(await c.req.json().catch(() => undefined));
    if (!body.success) return c.json({ problems: body.error.issues.map(({ message }) => message) }, 400);
    rateLimiter.setEnforced(body.data.enforced);
    return c.body(null, 204);
  });
  control.get("/_n8n/asked", (c) => c.json(n8n.asked()));
  control.post("/_n8n/release", (c) => c.json({ released: n8n.release() }));
  control.post("/_statuses/release", (c) => c.json({ released: statuses.release() }));
  control.get("/_conversions", (c) => c.json(processing.list()));
  control.post("/_datamanager/process", (c) => c.json({ processed: processing.finish() }));
  const lists = {
    "/_faults": faults,
    "/_requests": requests,
    "/_sent": sent,
    "/_actions": actions,
    "/_n8n/asked": n8n,
    "/_conversions": processing,
  };
  for (const [path, list] of Object.entries(lists))
    control.delete(path, (c) => {
      list.clear();
      return c.body(null, 204);
    });
  return control;
}
