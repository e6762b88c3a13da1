/** The result of a doctor's check. `fail`: it does not work; `warn`: it works, with a risk. */
export type CheckResult = {
  check: string;
  state: "ok" | "warn" | "fail";
  /** Without secrets and personal data. */
  message: string;
  /** How to fix it, unless the state is `ok`. */
  remedy?: string;
};
