/** `arqon variants ...`: the commands over a catalogue of variants, with their flags and examples. What each does stands in variantCommands.ts. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import type * as Effect from "effect/Effect"
import type { PlainStep } from "../engine/relocation/VariantCatalogue.ts"
import type { Action } from "./action.ts"
import { evidence, file, option, text } from "./flags.ts"

const store = file(
  "store",
  "The catalogue of `createVariantCatalogue`: a SQLite file (`variants.db`) or its directory",
)
const json = option("json", "Print JSON lines instead of text")
const name = Argument.String("name").pipe(
  Argument.withMetavar("<name>"),
  Argument.withDescription("The variant"),
)

const signed = {
  name,
  store,
  by: text("by", "<person>", "Your name; an author of a variant cannot approve it"),
  why: text("why", "<reason>", "The reason, kept with the step"),
  json,
}

const PLAIN: ReadonlyArray<readonly [PlainStep, string]> = [
  ["approve", "Approve an evaluated variant: it may be tried online"],
  ["promote", "Promote an approved variant: it becomes a fallback when another must be left"],
  ["demote", "Return a promoted variant to approved"],
  ["withdraw", "Withdraw an approval: the variant is left at once"],
  ["archive", "Archive a variant for good; its record stays"],
]

/** @param doing how a command of the tree says what is to be done */
export function variantTree(doing: (action: Action) => Effect.Effect<void>) {
  const load = () => import("./variantCommands.ts")

  const list = Command.make("list", { store, json }, (flags) =>
    doing(async () => (await load()).listCommand(flags)),
  ).pipe(
    Command.withDescription("List the variants with their state"),
    Command.withExamples([{ command: "arqon variants list --store state/variants.db" }]),
  )

  const show = Command.make("show", { name, store, json }, (flags) =>
    doing(async () => (await load()).showCommand(flags)),
  ).pipe(
    Command.withDescription("Print one variant: content, evidence, approval"),
    Command.withExamples([{ command: "arqon variants show zstd --store state/variants.db" }]),
  )

  const history = Command.make("history", { name: Argument.withDefault(name, null), store, json }, (flags) =>
    doing(async () => (await load()).historyCommand(flags)),
  ).pipe(
    Command.withDescription("Print every step of one variant or of all: who, when and why"),
    Command.withExamples([{ command: "arqon variants history zstd --store state/variants.db" }]),
  )

  const add = Command.make(
    "add",
    { ...signed, content: file("content", "Values, constraints and rollback plan, as JSON") },
    (flags) => doing(async () => (await load()).addCommand(flags)),
  ).pipe(
    Command.withDescription("Draft a variant; creates the catalogue if missing"),
    Command.withExamples([
      {
        command:
          'arqon variants add zstd --content zstd.json --by ada --why "smaller answers" --store state/variants.db',
      },
    ]),
  )

  const evaluate = Command.make(
    "evaluate",
    {
      ...signed,
      evidence,
    },
    (flags) => doing(async () => (await load()).evaluateCommand(flags)),
  ).pipe(
    Command.withDescription("Add a measurement of a variant's current content"),
    Command.withExamples([
      {
        command:
          "arqon variants evaluate zstd --evidence monday.json --by ada --why measured --store state/variants.db",
      },
    ]),
  )

  const plain = PLAIN.map(([type, description]) =>
    Command.make(type, signed, (flags) => doing(async () => (await load()).stepCommand(type, flags))).pipe(
      Command.withDescription(description),
      Command.withExamples([
        {
          command: `arqon variants ${type} zstd --by bob --why "evidence is sound" --store state/variants.db`,
        },
      ]),
    ),
  )

  return [
    Command.make("variants").pipe(
      Command.withDescription("Manage the variants that a live engine may choose among, each step signed"),
      Command.withSubcommands([list, show, history, add, evaluate, ...plain]),
    ),
  ] as const
}
