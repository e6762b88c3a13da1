import type { Click } from "@millrace/core";

/** A click as the tables hold it. */
type ClickColumns = { clickKind: Click["kind"] | null; clickId: string | null };

/** The columns of a click, empty where there is none. */
export function clickTo(click: Click | undefined): ClickColumns {
  return { clickKind: click?.kind ?? null, clickId: click?.id ?? null };
}

/** The click that a row holds. */
export function clickFrom({ clickKind, clickId }: ClickColumns): Click | undefined {
  return clickKind !== null && clickId !== null ? { kind: clickKind, id: clickId } : undefined;
}
