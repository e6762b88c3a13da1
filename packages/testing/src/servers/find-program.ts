import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Returns the path of the first of these programs that is on PATH; undefined when none is. */
function findProgram(names: readonly string[], path = process.env["PATH"] ?? ""): string | undefined {
  const candidates = names.flatMap((name) => path.split(delimiter).map((folder) => join(folder, name)));
  return candidates.find((file) => existsSync(file));
}

/** Returns the path of the Redis or Valkey server on PATH; undefined when there is none. */
export function findRedisServer(): string | undefined {
  return findProgram(["redis-server", "valkey-server"]);
}

/** Returns the path of Chromium on PATH; undefined when there is none. */
export function findChromium(): string | undefined {
  return findProgram(["chromium", "chromium-browser", "google-chrome"]);
}
