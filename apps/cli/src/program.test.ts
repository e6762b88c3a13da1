import { expect, test, vi } from "vitest";
import { createProgram } from "./program.ts";
import { exitCodeOf, UsageError } from "./usage-error.ts";

/** Parses arguments as `millrace` does. Returns the exit code and everything that was printed. */
async function millrace(...args: string[]): Promise<{ exitCode: number; output: string }> {
  const printed: string[] = [];
  const print = (text: string | Uint8Array) => printed.push(String(text)) > 0;
  const spies = [process.stdout, process.stderr].map((stream) => vi.spyOn(stream, "write").mockImplementation(print));
  try {
    const exitCode = await createProgram()
      .parseAsync(args, { from: "user" })
      .then(() => 0, exitCodeOf);
    return { exitCode, output: printed.join("") };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

/** Returns the words of every command, for example `["dead-letters", "list"]`. */
function commandNames(command = createProgram()): string[][] {
  return command.commands.flatMap((child) => [
    [child.name()],
    ...commandNames(child).map((names) => [child.name(), ...names]),
  ]);
}

test.each(commandNames())("%s %s: --help describes the command and exits with 0", async (...names) => {
  const { exitCode, output } = await millrace(...names.filter(Boolean), "--help");
  expect(exitCode).toBe(0);
  expect(output).toContain(`Usage: millrace ${names.filter(Boolean).join(" ")}`);
});

test.each([
  [["sources"], "unknown command 'sources'"],
  [["dead-letters", "revive"], "unknown command 'revive'"],
  [["status", "--quiet"], "unknown option '--quiet'"],
  [["conversions", "hold"], "too many arguments"],
  [["accounts", "add", "Mill", "meta"], "missing required argument 'external id'"],
  [["operators", "add", "ada", "--role", "owner"], "Allowed choices are viewer, operator"],
  [["pauses", "set", "n8n"], "required option '--reason <text>' not specified"],
  [["pauses", "set", "n8n", "--reason", "later", "--for", "soon"], "It must be a number of minutes, hours or days"],
  [["dead-letters", "replay", "--rate", "0"], "It must be a whole number from 1 to 10000"],
])("%j exits with 2 and names the mistake", async (args, message) => {
  const { exitCode, output } = await millrace(...args);
  expect(exitCode).toBe(2);
  expect(output).toContain(message);
});

test("a usage error exits with 2 and any other error with 1", () => {
  expect(exitCodeOf(new UsageError("wrong"))).toBe(2);
  expect(exitCodeOf(new Error("failed"))).toBe(1);
});
