/** A POST request with a bearer token. */
export type LoadRequest = { url: string; token: string; body: unknown };

/**
 * Posts requests with fetch over keep-alive connections, `concurrency` at a time. Rejects if an answer does not have the
 * expected status.
 */
export async function postAll(requests: readonly LoadRequest[], concurrency: number, expected: number): Promise<void> {
  let next = 0;
  const work = async () => {
    for (let request = requests[next++]; request; request = requests[next++]) {
      const { url, token, body } = request;
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
      const answer = await response.text();
      if (response.status !== expected) throw new Error(`${response.status} at ${url}: ${answer}`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}

/** Returns the median. NaN if there are no values. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** Returns the value that the given share of the values, from 0 to 1, does not exceed. NaN if there are no values. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
