import type { MiddlewareHandler } from "hono";
import { DEAD_LETTERS } from "../dead-letters/adapter.ts";
import type { DashboardEnv } from "../http/hono-env.ts";

/** Bull Board's page loads its fonts from Google. The dashboard contacts no other host and uses the system's fonts. */
const EXTERNAL_FONTS = /<link href="https:\/\/fonts\.[^>]*>/;

/** A link inside the pages of the dead letters. The menu's link has a title and is on every page of a wide screen. */
const DEAD_LETTERS_LINK = `a[href^="/queue/${DEAD_LETTERS}"]:not([title])`;

/**
 * Hides the buttons that the API rejects. Bull Board has no options for that, so the selectors use the icons. Of the
 * buttons of a job and of a page, retry and promote stay; of a queue's menu, everything but add, limit, empty and
 * obliterate. Dead letters keep edit and remove, and lose pause. A button that a newer Bull Board adds is still
 * visible, and the API answers it with 403.
 */
const HIDDEN = `<style>
:is(ul[class^="jobActions"], ul[class^="queueActions"]) > li:has(.lucide-files),
body:not(:has(${DEAD_LETTERS_LINK})) :is(ul[class^="jobActions"], ul[class^="queueActions"])
  > li:not(:has(.lucide-refresh-cw, .lucide-corner-up-left)),
[role="menuitem"]:has(.lucide-plus, .lucide-chart-no-axes-gantt, .lucide-gauge, .lucide-trash-2, .lucide-ban),
body:has(${DEAD_LETTERS_LINK}) [role="menuitem"]:has(.lucide-pause, .lucide-play),
button[class*="editButton"] { display: none; }
</style>`;

/** Names the button of the menu of links, which Bull Board shows as an icon without a name or a title. */
const MENU_NAME = `<style>
header ul[class^="actions-"] > li > button[aria-haspopup="menu"]::after { content: "" / "Pages and sign-out"; }
header ul[class^="actions-"] > li > button[aria-haspopup="menu"]:hover:not([aria-expanded="true"])::after {
  content: "Pages and sign-out"; position: fixed; top: var(--header-offset); inset-inline-end: .5rem;
  padding: .25rem .5rem; background: var(--card); border: 1px solid var(--border); white-space: nowrap; pointer-events: none;
}
</style>`;

/** Hides every changing button from a viewer, and the menu of a queue, which contains nothing else. */
const HIDDEN_FROM_VIEWERS = `<style>
ul:is([class^="jobActions"], [class^="queueActions"]), button[class*="trigger-"]:has(.lucide-ellipsis-vertical),
[role="menuitem"]:has(.lucide-pause, .lucide-play, .lucide-refresh-cw, .lucide-corner-up-left) { display: none; }
</style>`;

/**
 * Removes from Bull Board's page what the dashboard does not offer, or does not offer to the role of the operator, and
 * names the menu of links.
 */
export const customizePage: MiddlewareHandler<DashboardEnv> = async (c, next) => {
  await next();
  if (!c.res.headers.get("content-type")?.startsWith("text/html")) return;
  const page = await c.res.text();
  const hidden = c.get("role") === "operator" ? HIDDEN : `${HIDDEN}${HIDDEN_FROM_VIEWERS}`;
  c.res = c.html(page.replace(EXTERNAL_FONTS, "").replace("</head>", `${hidden}${MENU_NAME}</head>`));
};
