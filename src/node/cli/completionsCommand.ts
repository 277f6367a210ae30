/** `arqon completions`: what a shell needs to complete commands, flags and files. */
import * as Completions from "effect/cli/Completions"
import { commandTree } from "./commands.ts"
import { EXIT, type ExitCode } from "./exitCodes.ts"
import { print } from "./output.ts"

export async function completionsCommand(shell: "bash" | "zsh" | "fish"): Promise<ExitCode> {
  print(Completions.generate("arqon", shell, Completions.fromCommand(commandTree(() => {}))).trimEnd())
  return EXIT.ok
}
