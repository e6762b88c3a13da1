import { userInfo } from "node:os";
import type { Command } from "commander";

/** The options with the values for the audit log. */
export type AuditOptions = { reason?: string; actor?: string };

/** Adds the options with the values for the audit log. */
export function audited(command: Command): Command {
  return addActor(command.option("--reason <text>", "reason for the audit log"));
}

/** Adds the option with the name for the audit log. */
export function addActor(command: Command): Command {
  return command.option("--actor <name>", "name for the audit log (default: your user name)");
}

/** Returns who makes the change, and why. */
export function auditContext({ reason, actor }: AuditOptions): { actor: string; reason: string | undefined } {
  return { actor: actor ?? userInfo().username, reason };
}
