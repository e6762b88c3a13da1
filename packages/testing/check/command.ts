import { execFile } from "node:child_process";
import { projectFolder } from "./tree.ts";

/** Longest output of a tool that is kept, in bytes; far more than anybody reads. */
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** Runs a program of node_modules/.bin in the project's folder. Its output is the problem when it fails. */
export async function command(program: string, ...args: string[]): Promise<string[]> {
  const { code, output } = await runCommand(program, args);
  return code === 0 ? [] : [output.trim() || `${program} ended with ${code} and said nothing`];
}

/** Runs a program and returns its exit code (-1 when it could not run) and all that it printed. */
export function runCommand(program: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(program, args, { cwd: projectFolder, maxBuffer: MAX_OUTPUT_BYTES }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, output: code === -1 ? `${program}: ${error?.message}` : stdout + stderr });
    });
  });
}
