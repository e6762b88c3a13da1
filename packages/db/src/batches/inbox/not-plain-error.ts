/** What a batch found was changed before it could lock it. The events of the batch are then applied one by one. */
export class NotPlainError extends Error {}
