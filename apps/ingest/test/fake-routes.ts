import { type ApiRoute, apiRoute, derivedUuid, eventId, InvalidFieldError, secretsEqual } from "@millrace/core";
import { z } from "zod";

/** The API keys of the callers in these tests. */
export const apiKeys = ["first-key-of-the-tests", "second-key-of-the-tests"] as const;

/** The secret that {@link stamps} requires. */
export const stampSecret = "stamp-secret-of-the-tests";

const text = z.strictObject({ type: z.literal("text"), text: z.string().min(1).max(100) });
const list = z.strictObject({
  type: z.literal("list"),
  lines: z.array(z.strictObject({ title: z.string(), count: z.int().optional() })).min(1),
});

/** A route like those for sending: an API key, a union of messages, and ids that derive from the Idempotency-Key. */
export const notes: ApiRoute = apiRoute({
  paths: ["/api/integrations/notes/send", "/api/notes/send"],
  summary: "Leave a note",
  description: "Keeps a note.",
  authentication: "one of API_KEYS",
  maxBodyBytes: 4_000,
  role: "requests",
  body: z.strictObject({
    to: z.union([z.strictObject({ person: z.string() }), z.strictObject({ room: z.number() })]),
    message: z.discriminatedUnion("type", [text, list]).meta({ description: "The text of the note." }),
    copies: z.int().min(1).max(1_000).optional(),
    on: z.iso.date().optional(),
  }),
  examples: [
    { summary: "A text", body: { to: { person: "Ada" }, message: { type: "text", text: "Lunch?" } } },
    { summary: "A list", body: { to: { room: 7 }, message: { type: "list", lines: [{ title: "Tea" }] } } },
  ],
  status: 202,
  response: z.strictObject({ ids: z.array(z.uuid()) }),
  accept(body, { caller, idempotencyKey, newId, now }) {
    if (body.on !== undefined && new Date(body.on) > now)
      throw new InvalidFieldError("on", "must not be in the future");
    const name = (index: number) =>
      idempotencyKey === undefined ? newId() : derivedUuid("note", caller, idempotencyKey, String(index));
    const ids = Array.from({ length: body.copies ?? 1 }, (_, index) => name(index));
    return {
      events: ids.map((id) => ({ id: eventId("note", id), kind: "note", payload: body.message })),
      body: { ids },
    };
  },
});

/** The header that replaces a signature in {@link stamps}. */
const SIGNED = "x-stamp-signed";

/** A route with its own authentication that responds with 200. Its events are known by the key of the request. */
export const stamps: ApiRoute = apiRoute({
  paths: ["/api/integrations/notes/stamp"],
  summary: "Stamp a note",
  description: "Marks a note as read.",
  authentication: "the secret in `X-Stamp`",
  authenticate({ headers }) {
    if (!secretsEqual(headers["x-stamp"] ?? "", stampSecret)) return undefined;
    const signed = headers[SIGNED];
    return signed === undefined ? {} : { signed };
  },
  maxBodyBytes: 4_000,
  role: "inbound",
  body: z.object({ note: z.string() }),
  examples: [{ summary: "A stamp", body: { note: "n-1" } }],
  status: 200,
  response: z.object({ by: z.string() }),
  accept: ({ note }, { caller, idempotencyKey = "no-key" }) => ({
    events: [{ id: eventId("stamp", note, idempotencyKey), kind: "stamp", payload: { note } }],
    body: { by: caller },
  }),
});

/** A route with a path parameter. */
export const pins: ApiRoute = apiRoute({
  paths: ["/api/notes/:id/pin"],
  summary: "Pin a note",
  description: "Keeps a note on top.",
  authentication: "one of API_KEYS",
  maxBodyBytes: 4_000,
  role: "inbound",
  params: z.strictObject({ id: z.uuid().meta({ description: "The id of the note." }) }),
  body: z.strictObject({}),
  examples: [{ summary: "A pin", body: {} }],
  status: 202,
  response: z.object({ pinned: z.uuid() }),
  accept: (_, { params }) => ({
    events: [{ id: eventId("pin", params.id), kind: "pin", payload: params }],
    body: { pinned: params.id },
  }),
});

/** The deps with which `startIngest` serves these routes. */
export const noteApi = { apis: new Map([["notes", [notes, stamps, pins]]]), apiKeys };

/** A valid body for {@link notes}. */
export const note = { to: { person: "Ada" }, message: { type: "text", text: "words of the note" } };

/** Posts a body to {@link notes} with the first API key, unless `headers` replace it; `undefined` omits a header. */
export function postNote(
  url: string,
  body: unknown = note,
  headers: Record<string, string | undefined> = {},
  path: string = notes.paths[0],
): Promise<Response> {
  const all = { authorization: `Bearer ${apiKeys[0]}`, "content-type": "application/json", ...headers };
  return fetch(`${url}${path}`, {
    method: "POST",
    body: typeof body === "string" ? body : JSON.stringify(body),
    headers: Object.entries(all).filter((header): header is [string, string] => header[1] !== undefined),
  });
}
