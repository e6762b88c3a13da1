import { Hono } from "hono";
import type { SandboxParts } from "../deps.ts";
import { errorResponse, unknownPath } from "./errors.ts";
import { answerLead } from "./leads/route.ts";
import { createMedia } from "./media/media.ts";
import { createMessages } from "./messages/messages.ts";
import type { StatusTeller } from "./messages/statuses.ts";

/** The Graph API as far as Millrace calls it, with or without a version before the path, as at Meta. */
export function graphRoutes(parts: SandboxParts, statuses: StatusTeller): Hono {
  const { now, faults, requests } = parts;
  const media = createMedia(now, faults, requests);
  const messages = createMessages(parts, statuses, media.has);
  const graph = new Hono();
  graph.route("/_media", media.downloads);
  graph.on("POST", ["/:version{v[0-9]+\\.[0-9]+}/:number{[0-9]+}/messages", "/:number{[0-9]+}/messages"], (c) =>
    messages(c, c.req.param("number")),
  );
  graph.on("POST", ["/:version{v[0-9]+\\.[0-9]+}/:number{[0-9]+}/media", "/:number{[0-9]+}/media"], (c) =>
    media.upload(c),
  );
  // What an id stands for, only Meta knows at once. A lead is never asked for with a phone number.
  graph.on("GET", ["/:version{v[0-9]+\\.[0-9]+}/:id", "/:id"], (c) => {
    const id = c.req.param("id");
    const isMedia = media.has(id) || c.req.query("phone_number_id") !== undefined;
    return isMedia ? media.lookup(c, id) : answerLead(c, id, faults, requests);
  });
  graph.all("/*", (c) => errorResponse(unknownPath(c.req.path.replace("/graph", ""))));
  return graph;
}
