import { type Environment, port, readEnvironment } from "@millrace/core";
import { z } from "zod";

const variables = z.object({ SANDBOX_PORT: port(8082) });

/** Reads the port that the sandbox listens on. Throws EnvironmentError. */
export function readSandboxPort(environment: Environment = process.env): number {
  return readEnvironment(variables, environment).SANDBOX_PORT;
}
