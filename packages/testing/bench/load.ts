/** A request of a caller that proves itself by a token. */
export type LoadRequest = { url: string; token: string; body: unknown };

/** Posts requests by fetch, so many at a time over connections that are kept. Rejects at another answer than the given one. */
export async function postAll(requests: readonly LoadRequest[], concurrency: number, expected: number): Promise<void> {
  let next = 0;
  const work = async () => {
    for (let request = requests[next++]; request; request = requests[next++]) {
      const { url, token, body } = request;
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
      const said = await response.text();
      if (response.status !== expected) throw new Error(`${response.status} at ${url}: ${said}`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}

/** The middle one of some figures. */
export function median(figures: readonly number[]): number {
  return percentile(figures, 0.5);
}

/** The figure that this part of them does not exceed, from 0 to 1; NaN where there are none. */
export function percentile(figures: readonly number[], part: number): number {
  const sorted = figures.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
