import type { HttpBindings } from "@hono/node-server";
import type { Role } from "@millrace/db";

/**
 * How a request was authenticated. A browser adds a session cookie or the headers of a proxy to every request by
 * itself, also to one that a page of another site triggers. It never adds a password.
 */
export type AuthenticationMethod = "proxy" | "password" | "session";

/** Hono's bindings and the variables that `authenticate` sets. `operator` is the name of the person, a viewer's too. */
export type DashboardEnv = {
  Bindings: HttpBindings;
  Variables: { operator: string; role: Role; authenticatedBy: AuthenticationMethod };
};
