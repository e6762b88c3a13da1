import { Console } from "node:console";
import { Readable } from "node:stream";
import { vi } from "vitest";
import { runMillrace } from "@millrace/cli";

/** The rejection of a command that fails. The message is its stderr. */
export type CommandError = Error & { code: number; stdout: string };

/**
 * Runs `millrace …` in this process, because a process of its own takes seconds to start. Only one command runs at a time.
 * `environment` replaces the variables of this process. Resolves with the stdout of the command. If the command fails,
 * rejects with a {@link CommandError}.
 */
export async function millrace(
  args: readonly string[],
  environment: Record<string, string>,
  stdin = "",
): Promise<string> {
  const printed = { stdout: "", stderr: "" };
  const { console, process } = globalThis;
  const { env } = process;
  const spies = [
    ...(["stdout", "stderr"] as const).map((stream) =>
      vi.spyOn(process[stream], "write").mockImplementation((text) => {
        printed[stream] += String(text);
        return true;
      }),
    ),
    vi.spyOn(process, "stdin", "get").mockReturnValue(Readable.from([stdin]) as typeof process.stdin),
  ];
  process.env = { ...environment, PATH: env["PATH"] };
  globalThis.console = new Console(process.stdout, process.stderr);
  let code = 0;
  try {
    // A command that prints results that are not good sets the exit code itself.
    code = (await runMillrace(args)) || Number(process.exitCode ?? 0);
  } finally {
    process.exitCode = undefined;
    process.env = env;
    globalThis.console = console;
    for (const spy of spies) spy.mockRestore();
  }
  if (code !== 0) throw Object.assign(new Error(printed.stderr), { code, stdout: printed.stdout });
  return printed.stdout;
}
