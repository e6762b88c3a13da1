import { createServer } from "node:net";

/** Throws an Error that names each port in use and the variable that changes it. */
export async function requireFreePorts(ports: Readonly<Record<string, number>>): Promise<void> {
  const inUse: string[] = [];
  for (const [name, port] of Object.entries(ports))
    if (!(await isFree(port))) inUse.push(`${port} (${name.toUpperCase()}_PORT)`);
  if (inUse.length > 0)
    throw new Error(
      `these ports are in use: ${inUse.join(", ")}. Stop the program that uses them, or set the variables to other ports`,
    );
}

/** Returns the preferred port if it is free, else any free port. */
export async function freePort(preferred: number): Promise<number> {
  if (await isFree(preferred)) return preferred;
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once("error", () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}
