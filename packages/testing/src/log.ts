import { createLogger, type Logger } from "@millrace/core";

/** A real logger whose lines are kept, to see what is in them and what must not be. */
export function recordingLogger(): { log: Logger; lines: () => Record<string, unknown>[]; text: () => string } {
  const written: string[] = [];
  const log = createLogger("test", "debug", { write: (line: string) => void written.push(line) });
  return {
    log,
    lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>),
    text: () => written.join(""),
  };
}
