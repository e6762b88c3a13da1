import { setTimeout as wait } from "node:timers/promises";
import type { ChaosDeployment } from "../deployment/deployment.ts";
import type { Observations } from "../observations.ts";
import type { CheckResult } from "./check-result.ts";
import type { Snapshot } from "./snapshot.ts";

/** The statuses in their order. `failed` and `suppressed` are terminal, and a replay of the dead letter begins anew. */
const FORWARD = ["queued", "sending", "sent", "delivered", "read", "played"];

const SAMPLE_MS = 500;

/** 6: each message has the furthest status that was reported, and none was seen to go back. */
export function statuses({ observations, messages, reported }: Snapshot): CheckResult {
  const byMessage = Map.groupBy(reported, ({ externalId }) => externalId);
  const behind = messages.filter(({ externalId, status }) => {
    const furthest = Math.max(-1, ...(byMessage.get(externalId ?? "") ?? []).map((one) => FORWARD.indexOf(one.status)));
    return FORWARD.includes(status) && FORWARD.indexOf(status) < furthest;
  });
  return {
    check: "6: statuses only move forward",
    counts: { statuses: reported.length },
    violations: [
      ...observations.backwards,
      ...behind.map(({ id, status }) => `message ${id} is ${status}, and a further status was reported`),
    ],
  };
}

/** Records statuses that go back, until the signal aborts. */
export async function watchStatuses(
  { observer }: ChaosDeployment,
  observations: Observations,
  signal: AbortSignal,
): Promise<void> {
  const seen = new Map<string, string>();
  while (!signal.aborted) {
    const rows = await observer
      .rows<{ id: string; status: string }>(
        "select id, status from messages where direction = 'outbound' and updated_at > now() - interval '30 s'",
      )
      .catch((): { id: string; status: string }[] => []);
    for (const { id, status } of rows) {
      const [before, after] = [FORWARD.indexOf(seen.get(id) ?? ""), FORWARD.indexOf(status)];
      if (after >= 0 && after < before)
        observations.backwards.push(`message ${id} went from ${seen.get(id)} to ${status}`);
      seen.set(id, status);
    }
    await wait(SAMPLE_MS);
  }
}
