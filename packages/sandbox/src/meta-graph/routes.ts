import { Hono } from "hono";
import type { SandboxDeps } from "../deps.ts";
import { asksForNumber, createCredentials } from "./credentials.ts";
import { errorResponse, unknownPath } from "./errors.ts";
import { getLead } from "./leads/route.ts";
import { createMedia } from "./media/media.ts";
import { createMessages } from "./messages/messages.ts";
import type { StatusNotifier } from "./messages/statuses.ts";

/** The routes of the Graph API that Millrace calls. As at Meta, a path may begin with a version. */
export function graphRoutes(deps: SandboxDeps, statuses: StatusNotifier): Hono {
  const { now, faults, requests } = deps;
  const media = createMedia(now, faults, requests);
  const credentials = createCredentials(deps);
  const messages = createMessages(deps, statuses, media.has);
  const graph = new Hono();
  graph.route("/_media", media.downloads);
  graph.on("POST", ["/:version{v[0-9]+\\.[0-9]+}/:number{[0-9]+}/messages", "/:number{[0-9]+}/messages"], (c) =>
    messages(c, c.req.param("number")),
  );
  graph.on("POST", ["/:version{v[0-9]+\\.[0-9]+}/:number{[0-9]+}/media", "/:number{[0-9]+}/media"], (c) =>
    media.upload(c),
  );
  graph.on(
    "GET",
    ["/:version{v[0-9]+\\.[0-9]+}/:page{me|[0-9]+}/leadgen_forms", "/:page{me|[0-9]+}/leadgen_forms"],
    (c) => credentials.forms(c, c.req.param("page")),
  );
  // An id can be of a lead, a phone number or a file. Only requests for a file have a `phone_number_id`.
  graph.on("GET", ["/:version{v[0-9]+\\.[0-9]+}/:id", "/:id"], (c) => {
    const id = c.req.param("id");
    if (id === "me") return credentials.owner(c);
    if (asksForNumber(c)) return credentials.number(c, id);
    const isMedia = media.has(id) || c.req.query("phone_number_id") !== undefined;
    return isMedia ? media.lookup(c, id) : getLead(c, id, faults, requests);
  });
  graph.all("/*", (c) => errorResponse(unknownPath(c.req.path.replace("/graph", ""))));
  return graph;
}
