import { z } from "zod";

/** The fields of Millrace's question that the sandbox's AI reads. */
export const question = z.looseObject({
  turnId: z.string(),
  conversation: z.looseObject({ id: z.string() }),
  messages: z.array(z.looseObject({ direction: z.string(), type: z.string(), text: z.string().nullish() })),
});

/** See {@link question}. */
export type Question = z.infer<typeof question>;
