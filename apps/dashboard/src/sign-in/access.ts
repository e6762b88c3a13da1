import type { BuiltInOperator } from "./password-check.ts";
import type { TrustedProxies } from "./trusted-proxy.ts";

/** Who may sign in, besides the operators in the table, and how sessions are kept. */
export type Access = {
  builtIn: BuiltInOperator | undefined;
  proxies: TrustedProxies | undefined;
  /** Whether browsers send the session cookie over TLS only. */
  secureCookies: boolean;
};
