import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

/** Names that a Chromium has on PATH. */
const NAMES = ["chromium", "chromium-browser", "google-chrome"];

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

/** The Chromium on PATH; undefined when there is none. */
export function findChromium(path = process.env["PATH"] ?? ""): string | undefined {
  const candidates = NAMES.flatMap((name) => path.split(delimiter).map((folder) => join(folder, name)));
  return candidates.find((file) => existsSync(file));
}

/** Starts that Chromium without a window. */
export function startBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error("no chromium on PATH");
  return chromium.launch({ executablePath, args: SWITCHES });
}
