import { pino, type DestinationStream } from "pino";
import { describeError } from "../errors/provider-error.ts";

/** The port for logging: one line, its fields first. */
export type Logger = {
  debug(fields: Record<string, unknown>, message: string): void;
  info(fields: Record<string, unknown>, message: string): void;
  warn(fields: Record<string, unknown>, message: string): void;
  error(fields: Record<string, unknown>, message: string): void;
};

/**
 * Creates the logger of a process: JSON lines with ISO times. It logs only the fields that the code names, so no bodies,
 * headers or tokens. The field `err` is logged as {@link describeError} describes the error.
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
