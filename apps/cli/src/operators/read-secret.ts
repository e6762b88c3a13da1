import { createInterface } from "node:readline";
import { Writable } from "node:stream";

/** Reads one line from stdin. On a terminal it first shows the prompt, and does not show what the user types. */
export async function readSecret(prompt: string): Promise<string> {
  const terminal = process.stdin.isTTY;
  if (terminal) process.stderr.write(prompt);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal });
  // While readline controls the terminal, Ctrl-C arrives as its event and not as a signal.
  lines.once("SIGINT", () => process.exit(130));
  const line = await new Promise<string>((resolve) => {
    lines.once("line", resolve);
    lines.once("close", () => resolve(""));
  });
  lines.close();
  if (terminal) process.stderr.write("\n");
  return line;
}
