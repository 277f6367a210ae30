/** `arqon rules ...`: the command over written rules, with its flags and examples. What it does stands in rulesCommand.ts. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import type * as Effect from "effect/Effect"
import type { Action } from "./action.ts"
import { file, option } from "./flags.ts"

const formula = Argument.String("formula").pipe(
  Argument.withMetavar("<formula>"),
  Argument.withDescription("The rule, as in the option `rules`: always[0,60s](p99 < 200ms)"),
)

/** @param doing how a command of the tree says what is to be done */
export function rulesTree(doing: (action: Action) => Effect.Effect<void>) {
  const check = Command.make(
    "check",
    {
      formula,
      trace: file(
        "trace",
        "Recorded digests as JSON lines: what `arqon audit export` writes, or digests alone",
      ),
      json: option("json", "Print one JSON object instead of text"),
    },
    (flags) => doing(async () => (await import("./rulesCommand.ts")).rulesCheckCommand(flags)),
  ).pipe(
    Command.withDescription(
      "Run a rule over recorded digests: where it would have been violated, and by how much",
    ),
    Command.withExamples([
      {
        command: "arqon rules check 'p99 < 200ms' --trace digests.jsonl",
        description: "Before the rule is put in force",
      },
    ]),
  )
  return Command.make("rules").pipe(
    Command.withDescription("Try written rules before they are put in force"),
    Command.withExamples([
      {
        command: "arqon rules check 'err > 2% -> eventually[0,20](err < 1%)' --trace digests.jsonl",
        description: "Try a rule on what was recorded",
      },
    ]),
    Command.withSubcommands([check]),
  )
}
