import type { MiddlewareHandler } from "hono";
import type { DashboardEnv } from "./app.ts";
import { DEAD_LETTERS } from "./dead-letters/adapter.ts";

/** Bull Board's page asks Google for its fonts; an operator's board calls nobody, and the system's fonts do as well. */
const FOREIGN_FONTS = /<link href="https:\/\/fonts\.[^>]*>/;

/** A link within the pages of the dead letters; the menu's, which has a title, is on every page but those of a phone. */
const WITHIN_DEAD_LETTERS = `a[href^="/queue/${DEAD_LETTERS}"]:not([title])`;

/**
 * Hides what Bull Board's page offers and the API refuses. It has no options for that, so its buttons are told apart by
 * their icons: of a job's and a page's buttons those to retry and to promote stay, of a queue's menu all but to add,
 * limit, empty and obliterate. The dead letters may be changed and discarded too, and
 * not paused. A button that a newer page shows all the same is answered with 403.
 */
const HIDDEN = `<style>
:is(ul[class^="jobActions"], ul[class^="queueActions"]) > li:has(.lucide-files),
body:not(:has(${WITHIN_DEAD_LETTERS})) :is(ul[class^="jobActions"], ul[class^="queueActions"])
  > li:not(:has(.lucide-refresh-cw, .lucide-corner-up-left)),
[role="menuitem"]:has(.lucide-plus, .lucide-chart-no-axes-gantt, .lucide-gauge, .lucide-trash-2, .lucide-ban),
body:has(${WITHIN_DEAD_LETTERS}) [role="menuitem"]:has(.lucide-pause, .lucide-play),
button[class*="editButton"] { display: none; }
</style>`;

/** Hides from a viewer all that changes something, likewise; the menu of a queue has nothing else. */
const HIDDEN_FROM_VIEWERS = `<style>
ul:is([class^="jobActions"], [class^="queueActions"]), button[class*="trigger-"]:has(.lucide-ellipsis-vertical),
[role="menuitem"]:has(.lucide-pause, .lucide-play, .lucide-refresh-cw, .lucide-corner-up-left) { display: none; }
</style>`;

/** Bull Board's page without what does not belong on this board, or is not for who looks at it. */
export const ownPage: MiddlewareHandler<DashboardEnv> = async (c, next) => {
  await next();
  if (!c.res.headers.get("content-type")?.startsWith("text/html")) return;
  const page = await c.res.text();
  const hidden = c.get("role") === "operator" ? HIDDEN : `${HIDDEN}${HIDDEN_FROM_VIEWERS}`;
  c.res = c.html(page.replace(FOREIGN_FONTS, "").replace("</head>", `${hidden}</head>`));
};
