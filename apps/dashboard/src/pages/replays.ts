import { type Context, Hono } from "hono";
import { type DeadLetterSelection, deadLetterSelectionSchema } from "@millrace/core";
import type { DeadLetterList, Replays } from "@millrace/db";
import { z } from "zod";
import type { DashboardEnv } from "../app.ts";
import { type Preview, replaysPage } from "./replays-page.ts";

/** What the page works with. */
export type ReplaysParts = {
  letters: DeadLetterList;
  replays: Replays;
  queues: readonly string[];
};

/** Replays that the page shows. */
const LATEST = 20;

/** How often the page shows a running replay anew, in s. */
const REFRESH_S = 2;

const own = z.object({
  rate: z.coerce.number().int().min(1).max(10_000).default(10),
  reason: z.string().max(500).optional(),
});

/** Which letters a form means, how fast, and why; or what is wrong with it. */
type Wanted =
  | { ok: true; selection: DeadLetterSelection; rate: number; reason: string | undefined }
  | { ok: false; complaint: string };

/** A page to replay or discard many dead letters at once: first how many and which, then how far it is. */
export function replaysRoutes(parts: ReplaysParts): Hono<DashboardEnv> {
  const { letters, replays } = parts;
  return new Hono<DashboardEnv>()
    .get("/replays", async (c) => {
      const given = c.req.query();
      if (given["preview"] === undefined) return show(c, parts, given);
      const wanted = readWanted(given);
      if (!wanted.ok) return show(c, parts, given, { complaint: wanted.complaint }, 400);
      return show(c, parts, given, { preview: await previewOf(letters, wanted.selection) });
    })
    .post("/replays", async (c) => {
      const given = await formOf(c);
      const wanted = readWanted(given);
      if (!wanted.ok) return show(c, parts, given, { complaint: wanted.complaint }, 400);
      const by = { actor: c.get("operator"), reason: wanted.reason };
      // What is done is what was looked at: discarding cannot be taken back.
      const preview = await previewOf(letters, wanted.selection);
      if (String(preview.letters) !== given["letters"] || preview.letters === 0)
        return show(c, parts, given, { preview, complaint: "these have changed meanwhile: look again" }, 409);
      if (given["do"] === "discard") await replays.discard(wanted.selection, by);
      else if (given["do"] === "replay") await replays.start(wanted.selection, wanted.rate, by);
      else return show(c, parts, given, { preview, complaint: "replay or discard?" }, 400);
      return c.redirect("/replays", 303);
    })
    .post("/replays/:id/cancel", async (c) => {
      const id = z.uuid().safeParse(c.req.param("id"));
      const { reason } = await formOf(c);
      if (id.success) await replays.cancel(id.data, { actor: c.get("operator"), reason });
      return c.redirect("/replays", 303);
    });
}

async function previewOf(letters: DeadLetterList, selection: DeadLetterSelection): Promise<Preview> {
  const { dead } = await letters.counts(selection);
  return { letters: dead, tally: await letters.countsByError(selection) };
}

async function show(
  c: Context<DashboardEnv>,
  { replays, queues }: ReplaysParts,
  given: Record<string, string>,
  more: { preview?: Preview; complaint?: string } = {},
  status: 200 | 400 | 409 = 200,
): Promise<Response> {
  const latest = await replays.latest(LATEST);
  // Not while a form is being filled in.
  const watched = Object.keys(given).length === 0 && latest.some(({ state }) => state === "running");
  if (watched) c.header("Refresh", String(REFRESH_S));
  const page = replaysPage({ operator: c.get("operator"), role: c.get("role"), queues, given, latest, ...more });
  return c.html(page, status);
}

/** A form's fields, without those that were left empty. */
async function formOf(c: Context<DashboardEnv>): Promise<Record<string, string>> {
  const fields = Object.entries(await c.req.parseBody());
  return Object.fromEntries(fields.filter((field): field is [string, string] => typeof field[1] === "string"));
}

function readWanted(given: Record<string, string>): Wanted {
  const filled = Object.entries(given).filter(([, value]) => value.trim() !== "");
  const {
    preview: _preview,
    do: _do,
    letters: _letters,
    rate,
    reason,
    since,
    until,
    ...named
  } = Object.fromEntries(filled);
  const times = { ...(since ? { since: inUtc(since) } : {}), ...(until ? { until: inUtc(until) } : {}) };
  const selection = deadLetterSelectionSchema.safeParse({ ...named, ...times });
  const how = own.safeParse({ rate, reason });
  if (selection.success && how.success)
    return { ok: true, selection: selection.data, rate: how.data.rate, reason: how.data.reason };
  const [issue] = [...(selection.error?.issues ?? []), ...(how.error?.issues ?? [])];
  return { ok: false, complaint: `${issue?.path.join(".")}: ${issue?.message}` };
}

/** What a field for a date and a time gives has no zone; the page says that it is UTC. */
function inUtc(local: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(local) ? `${local}:00Z` : `${local}Z`;
}
