import { createLogger, type Logger } from "@millrace/core";

/** Creates a logger that records its lines, to test what it logs and what it must not log. */
export function recordingLogger(): { log: Logger; lines: () => Record<string, unknown>[]; text: () => string } {
  const written: string[] = [];
  const log = createLogger("test", "debug", { write: (line: string) => void written.push(line) });
  return {
    log,
    lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>),
    text: () => written.join(""),
  };
}
