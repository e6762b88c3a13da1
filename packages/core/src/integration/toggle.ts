import { z } from "zod";
import { type Environment, flag, readEnvironment } from "../runtime/environment.ts";

/** Returns the variable that switches an integration off or on, e.g. `TWILIO_VOICE_WEBHOOK_ENABLED` for `twilio-voice`. */
export function toggleOf(id: string): string {
  return `${id.replaceAll("-", "_").toUpperCase()}_WEBHOOK_ENABLED`;
}

/**
 * Reads whether an integration is switched on.
 * @param byDefault the value when the variable is unset
 * @throws EnvironmentError when it is neither `true` nor `false`
 */
export function readToggle(id: string, environment: Environment, byDefault: boolean): boolean {
  const name = toggleOf(id);
  return readEnvironment(z.object({ [name]: flag(byDefault) }), environment)[name] ?? byDefault;
}
