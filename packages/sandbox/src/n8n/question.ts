import { z } from "zod";

/** A question as Millrace asks it, as far as the AI here reads it. */
export const question = z.looseObject({
  turnId: z.string(),
  conversation: z.looseObject({ id: z.string() }),
  messages: z.array(z.looseObject({ direction: z.string(), type: z.string(), text: z.string().nullish() })),
});

/** See {@link question}. */
export type Question = z.infer<typeof question>;
