import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { DeadLetter, DeadLetterList, Replay, Replays } from "@millrace/db";
import type { DashboardEnv } from "../app.ts";
import { problem } from "../problem.ts";
import { redact } from "../redact.ts";
import * as schemas from "./api-schemas.ts";
import { refuseHiddenSecrets } from "./job-data.ts";
import { Refusal } from "./refusal.ts";

/** What the API works with. */
export type DeadLetterApiParts = { letters: DeadLetterList; replays: Replays };

const json = <Schema extends z.ZodType>(schema: Schema, description: string) => ({
  description,
  content: { "application/json": { schema } },
});
const body = <Schema extends z.ZodType>(schema: Schema) => ({
  body: { required: true, content: { "application/json": { schema } } },
});
const refusals = {
  400: { description: "The request is wrong; `detail` names the field." },
  401: { description: "No user and password, or wrong ones." },
  403: { description: "The user may only look." },
};
const id = { params: z.object({ id: z.uuid().toLowerCase() }) };
const security = [{ operator: [] }];

/** Dead letters and their replays for scripts. Its document is at `/api/dead-letters/openapi.json`. */
export function deadLetterApi({ letters, replays }: DeadLetterApiParts): OpenAPIHono<DashboardEnv> {
  const api = new OpenAPIHono<DashboardEnv>({
    defaultHook(result, c) {
      if (result.success) return undefined;
      const [issue] = result.error.issues;
      return problem(c, 400, `${issue?.path.join(".") || "the request"}: ${issue?.message}`);
    },
  });
  api.openAPIRegistry.registerComponent("securitySchemes", "operator", { type: "http", scheme: "basic" });
  api.doc31("/api/dead-letters/openapi.json", {
    openapi: "3.1.1",
    info: { title: "Millrace dead letters", version: "1", description: "Jobs that were given up, and their replays." },
  });

  api.openapi(
    createRoute({
      method: "get",
      path: "/api/dead-letters",
      summary: "List dead letters, latest death first",
      security,
      request: { query: schemas.listQuery },
      responses: {
        200: json(z.object({ deadLetters: z.array(schemas.deadLetterLine), counts: schemas.counts }), "What was found"),
        ...refusals,
      },
    }),
    async (c) => {
      const { state, offset, limit, ...selection } = c.req.valid("query");
      const found = await letters.list(selection, [state], { offset, limit });
      return c.json({ deadLetters: found.map(lineOf), counts: await letters.counts(selection) }, 200);
    },
  );

  api.openapi(
    createRoute({
      method: "post",
      path: "/api/dead-letters/replay",
      summary: "Have dead letters replayed by the workers",
      description:
        "One is put back first, then ten, then the rest at the rate, behind live events. It stops by itself when more " +
        "than a fifth of those that ended last died again. What a replay has already is left to it.",
      security,
      request: body(schemas.replayRequest),
      responses: {
        202: json(z.object({ replay: schemas.replayAnswer.nullable() }), "Begun; null where nothing dead was meant"),
        200: json(schemas.dryRunAnswer, "What would be replayed"),
        ...refusals,
      },
    }),
    async (c) => {
      const { selection, rate, reason, dryRun } = c.req.valid("json");
      if (dryRun) return c.json(await dryRunOf(letters, selection), 200);
      const replay = await replays.start(selection, rate, { actor: c.get("operator"), reason });
      return c.json({ replay: replay ? replayOf(replay) : null }, 202);
    },
  );

  api.openapi(
    createRoute({
      method: "post",
      path: "/api/dead-letters/discard",
      summary: "Give dead letters up for good",
      security,
      request: body(schemas.discardRequest),
      responses: {
        200: json(z.union([z.object({ discarded: z.int() }), schemas.dryRunAnswer]), "How many were, or would be"),
        ...refusals,
      },
    }),
    async (c) => {
      const { selection, reason, dryRun } = c.req.valid("json");
      if (dryRun) return c.json(await dryRunOf(letters, selection), 200);
      return c.json({ discarded: await replays.discard(selection, { actor: c.get("operator"), reason }) }, 200);
    },
  );

  api.openapi(
    createRoute({
      method: "get",
      path: "/api/dead-letters/replays",
      summary: "List the latest replays",
      security,
      responses: { 200: json(z.object({ replays: z.array(schemas.replayAnswer) }), "Latest first"), ...refusals },
    }),
    async (c) => c.json({ replays: (await replays.latest(LATEST)).map(replayOf) }, 200),
  );

  api.openapi(
    createRoute({
      method: "get",
      path: "/api/dead-letters/replays/{id}",
      summary: "Tell how far a replay is",
      security,
      request: id,
      responses: { 200: json(schemas.replayAnswer, "The replay"), 404: { description: "No such replay" }, ...refusals },
    }),
    async (c) => {
      const replay = await replays.find(c.req.valid("param").id);
      return replay ? c.json(replayOf(replay), 200) : problem(c, 404, "No such replay");
    },
  );

  api.openapi(
    createRoute({
      method: "post",
      path: "/api/dead-letters/replays/{id}/cancel",
      summary: "Have a replay put nothing more back",
      security,
      request: { ...id, ...body(schemas.cancelRequest) },
      responses: {
        204: { description: "Cancelled" },
        404: { description: "No such replay" },
        409: { description: "It does not run" },
        ...refusals,
      },
    }),
    async (c) => {
      const by = { actor: c.get("operator"), reason: c.req.valid("json").reason };
      const { id } = c.req.valid("param");
      if (!(await replays.find(id))) return problem(c, 404, "No such replay");
      return (await replays.cancel(id, by)) ? c.body(null, 204) : problem(c, 409, "It does not run");
    },
  );

  api.openapi(
    createRoute({
      method: "get",
      path: "/api/dead-letters/{id}",
      summary: "Show a dead letter with its payload and how it died before",
      security,
      request: id,
      responses: { 200: json(schemas.deadLetter, "The letter"), 404: { description: "No such letter" }, ...refusals },
    }),
    async (c) => {
      const letter = await letters.find(c.req.valid("param").id);
      if (!letter) return problem(c, 404, "No such dead letter");
      return c.json({ ...lineOf(letter), payload: redact(letter.payload) }, 200);
    },
  );

  api.openapi(
    createRoute({
      method: "put",
      path: "/api/dead-letters/{id}",
      summary: "Change what a replay will work on",
      security,
      request: { ...id, ...body(schemas.editRequest) },
      responses: {
        204: { description: "Changed" },
        404: { description: "No such letter" },
        409: { description: "It is not dead, or holds a secret that is not shown" },
        ...refusals,
      },
    }),
    async (c) => {
      const { payload, reason } = c.req.valid("json");
      const letter = await letters.find(c.req.valid("param").id);
      if (!letter) return problem(c, 404, "No such dead letter");
      try {
        refuseHiddenSecrets(letter.payload, payload);
      } catch (error) {
        if (error instanceof Refusal) return problem(c, 409, `Refused: ${error.message}`);
        throw error;
      }
      const edited = await replays.edit(letter.id, payload, { actor: c.get("operator"), reason });
      return edited ? c.body(null, 204) : problem(c, 409, "It is not dead");
    },
  );
  return api;
}

/** Replays that a list shows. */
const LATEST = 50;

function lineOf({ receivedAt, firstFailedAt, failedAt, resolvedAt, history, ...letter }: DeadLetter) {
  const { payload: _data, payloadHash: _hash, ...line } = letter;
  return {
    ...line,
    history: [...history],
    receivedAt: receivedAt.toISOString(),
    firstFailedAt: firstFailedAt.toISOString(),
    failedAt: failedAt.toISOString(),
    resolvedAt: resolvedAt?.toISOString() ?? null,
  };
}

function replayOf({ createdAt, endedAt, ...replay }: Replay) {
  const { id, state, actor, reason, rate, total, detail, progress } = replay;
  const times = { createdAt: createdAt.toISOString(), endedAt: endedAt?.toISOString() ?? null };
  return { id, state, actor, reason, rate, total, detail, progress, ...times };
}

async function dryRunOf(letters: DeadLetterList, selection: Parameters<DeadLetterList["counts"]>[0]) {
  const { dead } = await letters.counts(selection);
  return { dryRun: true as const, letters: dead, tally: await letters.countsByError(selection) };
}
