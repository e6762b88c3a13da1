/** What a check found of a store or a setting. `fail`: something must be done; `warn`: it works, with a risk. */
export type CheckResult = {
  check: string;
  state: "ok" | "warn" | "fail";
  /** Without secrets and personal data. */
  message: string;
  /** What to do about it; where it is not `ok`. */
  remedy?: string;
};
