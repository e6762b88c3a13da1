import type { OutgoingMessage, RateLimit } from "@millrace/core";
import { conversationScope, numberScope } from "../api/scopes.ts";

/** One message in 6 s to the same person, with a burst of up to 45: https://developers.facebook.com/documentation/business-messaging/whatsapp/about-the-platform */
const PAIR_INTERVAL_MS = 6000;
/** One less than WhatsApp's burst, because the first message can take longer to arrive than the last. */
const PAIR_BURST = 44;

/**
 * The rate limits of a message.
 *
 * A number has a limit per second, which also counts received messages. Its rate is four fifths of the limit and its
 * burst a fortieth. The rest is for messages that are sent in one second and arrive in the next.
 *
 * | limit    | rate          | burst | most messages sent in any second | most that arrive if some take 150 ms longer |
 * | -------- | ------------- | ----- | -------------------------------- | ------------------------------------------- |
 * | 20       | 1 in 62.5 ms  | 1     | 1 + 16 = 17                      | 19                                          |
 * | 80       | 1 in 15.6 ms  | 2     | 2 + 64 = 66                      | 76                                          |
 * | 1000     | 1 in 1.25 ms  | 25    | 25 + 800 = 825                   | 945                                         |
 *
 * https://developers.facebook.com/documentation/business-messaging/whatsapp/throughput
 */
export function whatsappLimits(
  { accountId, conversationId }: Pick<OutgoingMessage, "accountId" | "conversationId">,
  messagesPerSecond: number,
): RateLimit[] {
  return [
    {
      scope: numberScope(accountId),
      intervalMs: 1000 / (messagesPerSecond * 0.8),
      burst: Math.max(1, Math.floor(messagesPerSecond / 40)),
    },
    { scope: conversationScope(accountId, conversationId), intervalMs: PAIR_INTERVAL_MS, burst: PAIR_BURST },
  ];
}
