import type { Click } from "@millrace/core";

/** The columns of a click in a table. */
type ClickColumns = { clickKind: Click["kind"] | null; clickId: string | null };

/** Maps a click to its columns; null without a click. */
export function clickTo(click: Click | undefined): ClickColumns {
  return { clickKind: click?.kind ?? null, clickId: click?.id ?? null };
}

/** Maps the columns of a row to a click. */
export function clickFrom({ clickKind, clickId }: ClickColumns): Click | undefined {
  return clickKind !== null && clickId !== null ? { kind: clickKind, id: clickId } : undefined;
}
