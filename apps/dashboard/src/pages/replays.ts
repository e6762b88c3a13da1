import { type Context, Hono } from "hono";
import type { DeadLetterList, DeadLetterPreview, Replays } from "@millrace/db";
import { z } from "zod";
import type { DashboardEnv } from "../http/hono-env.ts";
import { pageUserOf } from "./layout.ts";
import { readReplayForm } from "./replay-form.ts";
import { countText, replaysPage } from "./replays-page.ts";

/** Dependencies of {@link replaysRoutes}. */
export type ReplaysDeps = {
  deadLetters: DeadLetterList;
  replays: Replays;
  /** Names of the queues to choose from. */
  queues: readonly string[];
};

/** Replays on the page. */
const LISTED_REPLAYS = 20;

/** Time after which the page reloads while a replay is running, in s. */
const REFRESH_S = 2;

/** /replays: previews, replays or discards a selection of dead letters, and shows the progress of the replays. */
export function replaysRoutes(deps: ReplaysDeps): Hono<DashboardEnv> {
  const { deadLetters, replays } = deps;
  return new Hono<DashboardEnv>()
    .get("/replays", async (c) => {
      const fields = c.req.query();
      if (fields["preview"] === undefined) return show(c, deps, fields);
      const form = readReplayForm(fields);
      if (!form.ok) return show(c, deps, fields, { error: form.error }, 400);
      return show(c, deps, fields, { preview: await deadLetters.preview(form.selection) });
    })
    .post("/replays", async (c) => {
      const fields = await textFieldsOf(c);
      const form = readReplayForm(fields);
      if (!form.ok) return show(c, deps, fields, { error: form.error }, 400);
      const { selection, rate, reason } = form;
      const by = { actor: c.get("operator"), reason };
      // The operator confirmed a preview. When the selection no longer matches it, they have to confirm again. Of a selection
      // with more than 10,000, they confirmed that there are more, and not how many.
      const preview = await deadLetters.preview(selection);
      if (countText(preview) !== fields["count"] || preview.count === 0)
        return show(
          c,
          deps,
          fields,
          { preview, error: "The selection has changed since the preview: check it again" },
          409,
        );
      if (fields["do"] === "discard") await replays.discard(selection, by);
      else if (fields["do"] === "replay") await replays.start(selection, rate, by);
      else return show(c, deps, fields, { preview, error: "do: must be replay or discard" }, 400);
      return c.redirect("/replays", 303);
    })
    .post("/replays/:id/cancel", async (c) => {
      const id = z.uuid().safeParse(c.req.param("id"));
      const { reason } = await textFieldsOf(c);
      if (id.success) await replays.cancel(id.data, { actor: c.get("operator"), reason });
      return c.redirect("/replays", 303);
    });
}

async function show(
  c: Context<DashboardEnv>,
  { replays, queues }: ReplaysDeps,
  fields: Record<string, string>,
  result: { preview?: DeadLetterPreview; error?: string } = {},
  status: 200 | 400 | 409 = 200,
): Promise<Response> {
  const latest = await replays.latest(LISTED_REPLAYS);
  // A reload would clear the fields of a form in use, so only the page without parameters reloads.
  const isWatched = Object.keys(fields).length === 0 && latest.some(({ state }) => state === "running");
  if (isWatched) c.header("Refresh", String(REFRESH_S));
  return c.html(replaysPage({ user: pageUserOf(c), queues, fields, latest, ...result }), status);
}

/** The text fields of a form. */
async function textFieldsOf(c: Context<DashboardEnv>): Promise<Record<string, string>> {
  const fields = Object.entries(await c.req.parseBody());
  return Object.fromEntries(fields.filter((field): field is [string, string] => typeof field[1] === "string"));
}
