/** `arqon grow ...`: its flags and examples. What each command does stands in growCommands.ts. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import type * as Effect from "effect/Effect"
import type { Action } from "./action.ts"
import { option, optional, text, whole } from "./flags.ts"
import { libraryTree } from "./libraryTree.ts"

/** Names of those `tasks` whose rows are columns; the command itself is loaded when it runs. */
export const TASKS = ["xor", "moons", "spirals", "blobs", "tenSpheres", "checkerboard"] as const

const directory = Argument.Directory("directory").pipe(
  Argument.withMetavar("<directory>"),
  Argument.withDescription("The `--state` folder of a run"),
)
const json = option("json", "Print one JSON object")

export function growTree(doing: (action: Action) => Effect.Effect<void>) {
  const load = () => import("./growCommands.ts")

  const show = Command.make(
    "show",
    { directory, json, studio: option("studio", "Show it in a browser instead, boundary by boundary") },
    (flags) => doing(async () => (await load()).growShowCommand(flags)),
  ).pipe(
    Command.withDescription("Print what a run came to: its boundaries, its grafts, and what commands did"),
    Command.withExamples([
      { command: "arqon grow show ./growth" },
      { command: "arqon grow show ./growth --studio" },
    ]),
  )

  const replay = Command.make("replay", { directory, json }, (flags) =>
    doing(async () => (await load()).growReplayCommand(flags)),
  ).pipe(
    Command.withDescription("Repeat a run and compare host, grafts and decisions at every boundary"),
    Command.withExamples([{ command: "arqon grow replay ./growth" }]),
  )

  const verify = Command.make("verify", { directory, json }, (flags) =>
    doing(async () => (await load()).growVerifyCommand(flags)),
  ).pipe(
    Command.withDescription("Check the record of a run for a changed, damaged or torn part"),
    Command.withExamples([{ command: "arqon grow verify ./growth" }]),
  )

  const why = Command.make(
    "why",
    {
      directory: Argument.Directory("directory").pipe(
        Argument.withMetavar("<directory>"),
        Argument.withDescription("The `state` folder of a growing service"),
      ),
      socket: optional(
        Flag.String("socket").pipe(
          Flag.withMetavar("<name>"),
          Flag.withDescription("Only this piece of the service (default all)"),
        ),
      ),
      json,
    },
    (flags) => doing(async () => (await load()).growWhyCommand(flags)),
  ).pipe(
    Command.withDescription(
      "Tell why each candidate of a service was kept or culled, and repeat its transitions and evidence",
    ),
    Command.withExamples([{ command: "arqon grow why ./growth --socket search" }]),
  )

  const compile = Command.make(
    "compile",
    {
      blueprint: Argument.String("blueprint").pipe(
        Argument.withMetavar("<blueprint>"),
        Argument.withDescription("Name of a blueprint"),
      ),
      channels: Flag.withDefault(whole("channels", 1, 4096, "Numbers in a row at the socket (default 8)"), 8),
      rows: Flag.withDefault(whole("rows", 1, 65_536, "Rows in a batch (default 128)"), 128),
      shape: optional(
        text(
          "shape",
          "<shape>",
          "Value at the socket with the rows first, such as [32,16,8], in place of both",
        ),
      ),
      mode: Flag.Literals("mode", ["standard", "aggressive"]).pipe(
        Flag.withDescription("aggressive: with the tiles that are fastest here (default standard)"),
        Flag.withDefault("standard" as const),
      ),
      show: option("show", "Print the WebAssembly text"),
      json,
    },
    (flags) => doing(async () => (await load()).growCompileCommand(flags)),
  ).pipe(
    Command.withDescription(
      "Compile a blueprint for one shape, forward and backward, and verify it (needs the package wabt)",
    ),
    Command.withExamples([
      { command: "arqon grow compile residualMlp --channels 8 --show" },
      { command: "arqon grow compile conv3 --shape [4,8,8,3]" },
    ]),
  )

  return Command.make(
    "grow",
    {
      task: Flag.Literals("task", TASKS).pipe(
        Flag.withDescription("What is learnt (default spirals)"),
        Flag.withDefault("spirals" as const),
      ),
      seed: Flag.withDefault(
        whole("seed", 0, Number.MAX_SAFE_INTEGER, "Seed of the rows and of the network (default 1)"),
        1,
      ),
      epochs: Flag.withDefault(whole("epochs", 1, 1_000_000, "Length of the whole run (default 400)"), 400),
      state: optional(
        Flag.Directory("state").pipe(
          Flag.withMetavar("<folder>"),
          Flag.withDescription("Keep the run there, and go on with it if there is one"),
        ),
      ),
      json: option("json", "Print the summary as one JSON object"),
      studio: option("studio", "Show the run in a browser, until Ctrl-C"),
      quiet: option("quiet", "No progress on stderr"),
    },
    (flags) => doing(async () => (await load()).growCommand(flags)),
  ).pipe(
    Command.withDescription("Watch a network that is too small grow until it has learnt a task"),
    Command.withExamples([
      { command: "arqon grow --task spirals --seed 1" },
      { command: "arqon grow --studio", description: "Watch it in a browser" },
      { command: "arqon grow --state ./growth --epochs 800", description: "Keep the run, and go on with it" },
    ]),
    Command.withSubcommands([show, replay, verify, why, compile, libraryTree(doing)]),
  )
}
