import { type Environment, flag, readEnvironment } from "@millrace/core";
import { z } from "zod";

const variables = z.object({ SEND_TAKES_OVER: flag(false) });

/** Whether a message sent through the send API takes the conversation over from the AI. Throws EnvironmentError. */
export function readSendTakesOver(environment: Environment): boolean {
  return readEnvironment(variables, environment).SEND_TAKES_OVER;
}

/** The send rate of one phone number or bot, in messages per second. */
export function messagesPerSecond(fallback: number) {
  return z.coerce
    .number({ error: "must be a number" })
    .int("must be a whole number")
    .min(1, "must be at least 1")
    .max(1000, "must be at most 1000")
    .default(fallback);
}
