import { pino, type DestinationStream } from "pino";
import { describeError } from "../errors/provider-error.ts";

/** The port by which code logs: one line, its fields first. */
export type Logger = {
  debug(fields: Record<string, unknown>, message: string): void;
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
};

/**
 * The process's logger, JSON lines with ISO times. Only fields that the code names are ever logged: no bodies, no
 * headers, no tokens. An error is logged as {@link describeError} tells it.
 */
export function createLogger(service: string, level: string, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: { service },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: describeError },
  };
  return destination ? pino(options, destination) : pino(options);
}
