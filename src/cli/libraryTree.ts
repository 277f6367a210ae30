/** `arqon grow library ...`: its flags and examples. What each command does stands in libraryCommands.ts. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import type * as Effect from "effect/Effect"
import { ARTIFACT_STATES } from "../morph/library/artifactStates.ts"
import type { Action } from "./action.ts"
import { file, option, optional } from "./flags.ts"

const directory = Argument.Directory("directory").pipe(
  Argument.withMetavar("<directory>"),
  Argument.withDescription("The folder of a library, or the `state` folder that it is in"),
)
const id = Argument.String("id").pipe(
  Argument.withMetavar("<id>"),
  Argument.withDescription("Id of a kernel, or its beginning"),
)
const json = option("json", "Print JSON objects, one a line")
const signingKey = optional(
  file("key", "File with the key that the kernels are signed with (default: the one in the library)"),
)
const text = (name: string, metavar: string, description: string): Flag.Flag<string> =>
  Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description))

export function libraryTree(doing: (action: Action) => Effect.Effect<void>) {
  const load = () => import("./libraryCommands.ts")

  const list = Command.make(
    "list",
    {
      directory,
      blueprint: optional(text("blueprint", "<name>", "Only kernels of this blueprint")),
      shape: optional(text("shape", "<shape>", "Only kernels for this shape, such as [128,8]")),
      tag: optional(text("tag", "<word>", "Only kernels whose blueprint has this tag")),
      tier: optional(
        Flag.Literals("tier", ["safe", "experimental", "highRisk"]).pipe(
          Flag.withDescription("Only kernels whose blueprint is of this tier"),
        ),
      ),
      state: optional(
        Flag.Literals("state", ARTIFACT_STATES).pipe(Flag.withDescription("Only kernels in this state")),
      ),
      json,
    },
    (flags) => doing(async () => (await load()).libraryListCommand(flags)),
  ).pipe(
    Command.withDescription("List the kernels of a library with their state and version"),
    Command.withExamples([
      { command: "arqon grow library list ./growth" },
      { command: "arqon grow library list ./growth --blueprint residualMlp --state active" },
    ]),
  )

  const show = Command.make(
    "show",
    { directory, id, wat: option("wat", "Print its WebAssembly text"), json },
    (flags) => doing(async () => (await load()).libraryShowCommand(flags)),
  ).pipe(
    Command.withDescription("Print one kernel: what it is for, its figures, and every step of its life"),
    Command.withExamples([{ command: "arqon grow library show ./growth 3f9a1c --wat" }]),
  )

  const verify = Command.make("verify", { directory, signingKey, json }, (flags) =>
    doing(async () => (await load()).libraryVerifyCommand(flags)),
  ).pipe(
    Command.withDescription(
      "Read every byte of a library and compare it with its checksum and its signature",
    ),
    Command.withExamples([{ command: "arqon grow library verify ./growth" }]),
  )

  const collect = Command.make(
    "collect",
    { directory, dryRun: option("dry-run", "Only say what would be removed"), json },
    (flags) => doing(async () => (await load()).libraryCollectCommand(flags)),
  ).pipe(
    Command.withDescription(
      "Remove kernels that have been validated for a year, deprecated for 90 days or rejected for 30",
    ),
    Command.withExamples([{ command: "arqon grow library collect ./growth --dry-run" }]),
  )

  const mark = Command.make(
    "mark",
    {
      directory,
      id,
      as: Flag.Literals("as", ARTIFACT_STATES).pipe(Flag.withDescription("The state that it comes to")),
      by: text("by", "<person>", "Your name"),
      why: text("why", "<reason>", "The reason, kept with the step"),
      json,
    },
    (flags) => doing(async () => (await load()).libraryMarkCommand(flags)),
  ).pipe(
    Command.withDescription("Take a step in the life of a kernel: what is rejected is given out to nobody"),
    Command.withExamples([
      { command: 'arqon grow library mark ./growth 3f9a1c --as active --by ada --why "a week in use"' },
    ]),
  )

  const prewarm = Command.make(
    "prewarm",
    {
      directory: Argument.Directory("directory").pipe(
        Argument.withMetavar("<directory>"),
        Argument.withDescription("The folder of a library; made if it is not there"),
      ),
      shape: text("shape", "<shape>", "Value at a socket, with the rows of a batch first, such as [128,8]"),
      signingKey,
      json: option("json", "Print what it came to as one JSON object"),
      quiet: option("quiet", "No progress on stderr"),
    },
    (flags) => doing(async () => (await import("./libraryPrewarm.ts")).libraryPrewarmCommand(flags)),
  ).pipe(
    Command.withDescription(
      "Compile every blueprint for one shape, one after the other, so that a host finds them; Ctrl-C ends it",
    ),
    Command.withExamples([{ command: "arqon grow library prewarm ./growth/library --shape [128,8]" }]),
  )

  return Command.make("library").pipe(
    Command.withDescription("Look into a library of compiled kernels"),
    Command.withSubcommands([list, show, verify, collect, mark, prewarm]),
  )
}
