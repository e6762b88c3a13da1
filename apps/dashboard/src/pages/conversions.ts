import { type Context, Hono } from "hono";
import { HELD_REASONS } from "@millrace/core";
import type { ConversionReport } from "@millrace/db";
import { z } from "zod";
import type { DashboardEnv } from "../app.ts";
import { conversionsPage } from "./conversions-page.ts";

/** Lines of each table. */
const MOST = 200;

const form = z.object({ heldFor: z.enum(HELD_REASONS), reason: z.string().trim().max(500).optional() });

/** How often the page shows anew what is on its way, in s. */
const REFRESH_S = 5;

/** What has become of conversions, per day and reason, and those that are held let go. */
export function conversionsRoutes(report: ConversionReport): Hono<DashboardEnv> {
  const show = async (c: Context<DashboardEnv>, complaint: string | undefined, status: 200 | 400) => {
    const [held, days] = [await report.held(), await report.days(MOST)];
    const [refusals, batches] = [await report.refusals(MOST), await report.batches(MOST)];
    // Not while a form is there to be filled in.
    if (held.length === 0 && days.some(({ status }) => status === "queued" || status === "sent"))
      c.header("Refresh", String(REFRESH_S));
    const who = { operator: c.get("operator"), role: c.get("role") };
    return c.html(conversionsPage({ ...who, held, days, refusals, batches, complaint }), status);
  };
  return new Hono<DashboardEnv>()
    .get("/conversions", (c) => show(c, undefined, 200))
    .post("/conversions/release", async (c) => {
      const given = form.safeParse(await c.req.parseBody());
      if (!given.success) return show(c, "which of those that are held?", 400);
      const { heldFor, reason } = given.data;
      await report.release([heldFor], { actor: c.get("operator"), reason: reason || undefined });
      return c.redirect("/conversions", 303);
    });
}
