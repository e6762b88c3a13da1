import type { BuiltInOperator } from "./password-check.ts";
import type { TrustedProxies } from "./trusted-proxy.ts";

/** The ways to sign in besides the table of operators, and the settings of sessions. */
export type Access = {
  builtIn: BuiltInOperator | undefined;
  proxies: TrustedProxies | undefined;
  /** Whether browsers send the session cookie over TLS only. */
  secureCookies: boolean;
};
