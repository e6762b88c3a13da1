import type { Environment } from "@millrace/core";

/** What a command does with its arguments and options. It rejects with an error that is shown to the user. */
type CommandHandler<Input> = (environment: Environment, input: Input) => Promise<void>;

/**
 * Loads a command and the environment, and runs the command. Both load only when the command runs, because they take
 * seconds and `--help` needs neither.
 */
export async function runCommand<Input>(load: () => Promise<CommandHandler<Input>>, input: Input): Promise<void> {
  const [{ loadEnvironment }, { runningInstance }] = await Promise.all([
    import("./env.ts"),
    import("./start/running.ts"),
  ]);
  const handler = await load();
  await handler(loadEnvironment(runningInstance()?.variables), input);
}
