/** `arqon completions`: what a shell needs to complete commands, flags and files. */
import * as Completions from "effect/cli/Completions"
import type * as Command from "effect/cli/Command"
import { EXIT, type ExitCode } from "./exitCodes.ts"
import { print } from "./output.ts"

export async function completionsCommand(
  shell: "bash" | "zsh" | "fish",
  tree: Command.Command.Any,
): Promise<ExitCode> {
  const script = Completions.generate("arqon", shell, Completions.fromCommand(tree))
  // Its first lines say how to install it, by a flag that Effect's own runner has and this command has not.
  print(script.replaceAll("arqon --completions", "arqon completions").trimEnd())
  return EXIT.ok
}
