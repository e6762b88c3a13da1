/**
 * Whether an integration runs without an account at its platform, so that its accounts belong to the sandbox tenant. An
 * integration that only receives has no URL of the sandbox. A URL elsewhere leads to a real account.
 * @param endpoints what the integration's `local.endpoints` returned
 */
export function isSandboxed(endpoints: Readonly<Record<string, string>>, sandboxUrl: string): boolean {
  const values = Object.values(endpoints);
  return values.length > 0 && values.every((value) => !/^https?:/.test(value) || value.startsWith(sandboxUrl));
}
