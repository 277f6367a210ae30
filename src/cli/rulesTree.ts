/** `arqon rules ...`: the commands over written rules, with their flags and examples. What they do stands in rulesCommand.ts. */
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
  const shield = Command.make(
    "shield",
    {
      formula,
      plant: file("plant", "Knobs, channels and how the plant reacts, as JSON"),
      output: file("output", "Where to write the shield"),
      json: option("json", "Print one JSON object instead of text"),
    },
    (flags) => doing(async () => (await import("./rulesCommand.ts")).rulesShieldCommand(flags)),
  ).pipe(
    Command.withDescription(
      "Make a shield: the moves after which a rule can still be kept, whatever the plant does",
    ),
    Command.withExamples([
      {
        command: "arqon rules shield 'queue < 400' --plant plant.json --output shield.json",
        description: "The file is what a rule takes as `shield`",
      },
    ]),
  )
  return Command.make("rules").pipe(
    Command.withDescription(
      "Try written rules before they are put in force, and make shields that keep them",
    ),
    Command.withExamples([
      {
        command: "arqon rules check 'err > 2% -> eventually[0,20](err < 1%)' --trace digests.jsonl",
        description: "Try a rule on what was recorded",
      },
    ]),
    Command.withSubcommands([check, shield]),
  )
}
