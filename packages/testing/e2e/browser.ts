import { type Browser, chromium } from "playwright-core";
import { findChromium } from "../src/servers/index.ts";

/**
 * Switches of a Chromium that calls nobody but the pages it is sent to. As root it runs without its sandbox, which it
 * refuses to have there.
 */
const SWITCHES = [
  "--disable-gpu",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
];

/** Starts the Chromium on PATH without a window. */
export function startBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error("no chromium on PATH");
  return chromium.launch({ executablePath, args: SWITCHES });
}
