import { Hono } from "hono";
import { z } from "zod";
import type { AuditLog } from "@millrace/db";
import type { DashboardEnv } from "../http/hono-env.ts";
import { problem } from "../http/problem.ts";
import { auditPage } from "./audit-page.ts";
import { pageUserOf } from "./layout.ts";

/** Entries per page. */
const PAGE_SIZE = 50;

/** A filter of the form. An empty field filters nothing. */
const filter = z
  .string()
  .trim()
  .transform((text) => text || undefined)
  .optional();

const query = z.object({ actor: filter, action: filter, subject: filter, before: z.uuid().optional() });

/** GET /audit: the audit log, newest entry first. */
export function auditRoutes(auditLog: AuditLog): Hono<DashboardEnv> {
  return new Hono<DashboardEnv>().get("/audit", async (c) => {
    const parsed = query.safeParse(c.req.query());
    if (!parsed.success) return problem(c, 400, "before: must be the id of an audit entry");
    const { before, ...filters } = parsed.data;
    // One entry more than a page shows whether there is a next page.
    const found = await auditLog.list({ ...filters, before, limit: PAGE_SIZE + 1 });
    const entries = found.slice(0, PAGE_SIZE);
    const oldest = found.length > PAGE_SIZE ? entries.at(-1) : undefined;
    return c.html(
      auditPage({ user: pageUserOf(c), filters, entries, isFirst: before === undefined, olderThan: oldest?.id }),
    );
  });
}
