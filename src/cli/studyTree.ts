/** `arqon study ...`: its flags and examples. What each command does stands in sharedStudyCommands.ts and studyWorkCommand.ts. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import type * as Effect from "effect/Effect"
import type { Action } from "./action.ts"
import { config, duration, file, option, optional, storage, whole } from "./flags.ts"

const name = Flag.String("name").pipe(
  Flag.withMetavar("<name>"),
  Flag.withDescription("The name of the study"),
)
const json = option("json", "Print one JSON object")

export function studyTree(doing: (action: Action) => Effect.Effect<void>) {
  const load = () => import("./sharedStudyCommands.ts")

  const create = Command.make(
    "create",
    {
      storage,
      name,
      config,
      lease: optional(duration("lease", "How long a trial stays with a silent worker (default 60s)")),
      retries: optional(
        whole("retries", 0, 100, "How often a lost trial goes to another worker (default 2)"),
      ),
      migrate: option("migrate", "Make the tables first, where they are missing"),
    },
    (flags) => doing(async () => (await load()).createCommand(flags)),
  ).pipe(
    Command.withDescription("Make a study that many workers share"),
    Command.withExamples([{ command: "arqon study create --name nightly --config tune.json" }]),
  )

  const work = Command.make(
    "work",
    {
      storage,
      name,
      script: optional(
        Flag.String("script").pipe(
          Flag.withMetavar("<file|command>"),
          Flag.withDescription(
            "Evaluates one point; without it trials go out and results come in as JSON lines",
          ),
        ),
      ),
      parallel: Flag.withDefault(whole("parallel", 1, 1024, "Trials at the same time (default 1)"), 1),
      timeout: optional(
        duration("timeout", "Time limit of one attempt: 500ms, 30s, 5m; a bare number is seconds"),
      ),
    },
    (flags) => doing(async () => (await import("./studyWorkCommand.ts")).workCommand(flags)),
  ).pipe(
    Command.withDescription("Evaluate trials of a shared study until it is done; start as many as you like"),
    Command.withExamples([
      { command: "arqon study work --name nightly --script ./evaluate.sh --parallel 4" },
      {
        command: "arqon study work --name nightly",
        description: 'JSON lines: out {"id":0,"params":{...},"attempt":1}, in {"id":0,"value":1.5}',
      },
    ]),
  )

  const show = Command.make(
    "show",
    { storage, name, json, watch: option("watch", "Show it live, until q or Ctrl-C") },
    (flags) => doing(async () => (await load()).showCommand(flags)),
  ).pipe(
    Command.withDescription("Print how far a study is, its best point, who works on what"),
    Command.withExamples([
      { command: "arqon study show --name nightly" },
      { command: "arqon study show --name nightly --watch", description: "Watch its workers" },
    ]),
  )

  const retry = Command.make(
    "retry",
    {
      storage,
      name,
      trial: optional(
        whole("trial", 0, Number.MAX_SAFE_INTEGER, "This trial only (default: all that failed)"),
      ),
    },
    (flags) => doing(async () => (await load()).retryCommand(flags)),
  ).pipe(
    Command.withDescription("Have failed trials evaluated again, outside the budget"),
    Command.withExamples([{ command: "arqon study retry --name nightly --trial 17" }]),
  )

  const change = Command.make(
    "change",
    {
      storage,
      name,
      budget: optional(
        whole("budget", 1, 1_000_000_000, "Another budget for the whole study, in evaluations"),
      ),
      stop: option("stop", "Give out no more trials; running ones end"),
      resume: option("resume", "Give out trials again"),
    },
    (flags) => doing(async () => (await load()).changeCommand(flags)),
  ).pipe(
    Command.withDescription("Raise the budget of a study, stop it or resume it, while it runs"),
    Command.withExamples([{ command: "arqon study change --name nightly --budget 4000" }]),
  )

  const exportStudy = Command.make(
    "export",
    { storage, name, output: file("output", "Where to write the artifact") },
    (flags) => doing(async () => (await load()).exportStudyCommand(flags)),
  ).pipe(
    Command.withDescription("Write the run artifact of a study, for `verify`, `plot` and `import`"),
    Command.withExamples([{ command: "arqon study export --name nightly --output nightly.artifact.json" }]),
  )

  return Command.make("study").pipe(
    Command.withDescription("One search by many workers, over PostgreSQL or SQLite"),
    Command.withSubcommands([create, work, show, retry, change, exportStudy]),
  )
}
