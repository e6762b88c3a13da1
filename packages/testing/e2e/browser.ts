import { type Browser, chromium } from "playwright-core";
import { findChromium } from "../src/servers/index.ts";

/**
 * Switches for a Chromium that connects only to the pages under test. Chromium refuses to run as root with its own
 * process sandbox, so it runs without that sandbox there.
 */
const SWITCHES = [
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
];

/** Starts the Chromium on PATH without a window. Throws if there is none. */
export function startBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error("no Chromium on PATH");
  return chromium.launch({ executablePath, args: SWITCHES });
}
