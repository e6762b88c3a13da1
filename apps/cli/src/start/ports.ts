import { createServer } from "node:net";

/** Throws one line that names every port in use and the variable that changes it. */
export async function requireFreePorts(ports: Readonly<Record<string, number>>): Promise<void> {
  const taken: string[] = [];
  for (const [name, port] of Object.entries(ports))
    if (!(await isFree(port))) taken.push(`${port} (${name.toUpperCase()}_PORT)`);
  if (taken.length > 0)
    throw new Error(
      `port ${taken.join(", ")} is in use: is another Millrace running? Stop it, or set the variable to another port`,
    );
}

/** The port itself if it is free, else any that is. */
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
