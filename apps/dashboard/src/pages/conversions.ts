import { type Context, Hono } from "hono";
import { HELD_REASONS } from "@millrace/core";
import type { ConversionReport } from "@millrace/db";
import { z } from "zod";
import type { DashboardEnv } from "../http/hono-env.ts";
import { conversionsPage } from "./conversions-page.ts";
import { pageUserOf } from "./layout.ts";

/** Rows of each table. */
const MAX_ROWS = 200;

const releaseForm = z.object({ heldFor: z.enum(HELD_REASONS), reason: z.string().trim().max(500).optional() });

/** Time after which the page reloads while conversions are in progress, in s. */
const REFRESH_S = 5;

/** /conversions: conversions per day, status and reason, and a form that releases held ones for upload. */
export function conversionsRoutes(report: ConversionReport): Hono<DashboardEnv> {
  const show = async (c: Context<DashboardEnv>, error: string | undefined, status: 200 | 400) => {
    const [held, days] = [await report.held(), await report.days(MAX_ROWS)];
    const [refusals, batches] = [await report.refusals(MAX_ROWS), await report.batches(MAX_ROWS)];
    // With a form on the page, a reload would clear its fields.
    if (held.length === 0 && days.some(({ status }) => status === "queued" || status === "sent"))
      c.header("Refresh", String(REFRESH_S));
    return c.html(conversionsPage({ user: pageUserOf(c), held, days, rejections: refusals, batches, error }), status);
  };
  return new Hono<DashboardEnv>()
    .get("/conversions", (c) => show(c, undefined, 200))
    .post("/conversions/release", async (c) => {
      const form = releaseForm.safeParse(await c.req.parseBody());
      if (!form.success) {
        const [issue] = form.error.issues;
        return show(c, `${issue?.path.join(".")}: ${issue?.message}`, 400);
      }
      const { heldFor, reason } = form.data;
      await report.release([heldFor], { actor: c.get("operator"), reason: reason || undefined });
      return c.redirect("/conversions", 303);
    });
}
