import { execFile } from "node:child_process";
import { projectFolder } from "./project-files.ts";

/** Limit for the output of a tool, in bytes; Node ends a program that prints more. */
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** Runs a program of node_modules/.bin in the project's folder. When it fails, its output is the problem. */
export async function command(program: string, ...args: string[]): Promise<string[]> {
  const { code, output } = await runCommand(program, args);
  return code === 0 ? [] : [output.trim() || `${program} exited with ${code} and no output`];
}

/** Runs a program and returns its exit code (-1 when it could not start) and its output. */
export function runCommand(program: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(program, args, { cwd: projectFolder, maxBuffer: MAX_OUTPUT_BYTES }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, output: code === -1 ? `${program}: ${error?.message}` : stdout + stderr });
    });
  });
}
