import { type Context, Hono } from "hono";
import { isScope, type PauseOperations } from "@millrace/db";
import { z } from "zod";
import type { DashboardEnv } from "../http/hono-env.ts";
import { pageUserOf } from "./layout.ts";
import { PAUSE_MINUTES, pausesPage } from "./pauses-page.ts";

const scope = z.string().trim().refine(isScope, { error: "must have 1 to 200 printable characters and no space" });

const noNul = /^[^\0]*$/;

const pauseForm = z.object({
  scope,
  reason: z.string().trim().min(1, "must not be empty").max(500).regex(noNul, "must not contain NUL"),
  minutes: z
    .union([z.literal(""), z.enum(PAUSE_MINUTES.map(String))])
    .optional()
    .transform((minutes) => (minutes ? Number(minutes) : undefined)),
});

/** /pauses: the paused scopes with their waiting jobs, a button that resumes each, and a form that pauses a scope. */
export function pausesRoutes(operations: PauseOperations): Hono<DashboardEnv> {
  const show = async (c: Context<DashboardEnv>, fields: Record<string, string>, error?: string) => {
    const page = pausesPage({ user: pageUserOf(c), pauses: await operations.list(), fields, error });
    return c.html(page, error === undefined ? 200 : 400);
  };
  return new Hono<DashboardEnv>()
    .get("/pauses", (c) => show(c, {}))
    .post("/pauses", async (c) => {
      const fields = await c.req.parseBody();
      const form = pauseForm.safeParse(fields);
      if (!form.success) {
        const [issue] = form.error.issues;
        return show(c, textOf(fields), `${issue?.path.join(".")}: ${issue?.message}`);
      }
      const { reason, minutes } = form.data;
      const by = { actor: c.get("operator"), reason };
      await operations.set(form.data.scope, by, minutes === undefined ? undefined : minutes * 60_000);
      return c.redirect("/pauses", 303);
    })
    .post("/pauses/resume", async (c) => {
      const form = z.object({ scope }).safeParse(await c.req.parseBody());
      if (!form.success) return show(c, {}, `scope: ${form.error.issues[0]?.message}`);
      // When the pause has ended meanwhile, the page shows it.
      await operations.resume(form.data.scope, { actor: c.get("operator") });
      return c.redirect("/pauses", 303);
    });
}

/** The text fields of a form. */
function textOf(fields: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).filter((field): field is [string, string] => typeof field[1] === "string"),
  );
}
