/** What an operator asked for is not done; the message tells them why. */
export class Refusal extends Error {
  override readonly name = "Refusal";
}
