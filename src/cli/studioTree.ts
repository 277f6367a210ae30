/** `arqon studio`, `arqon tui` and `arqon machines`: commands that show, with their flags and examples. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import type * as Effect from "effect/Effect"
import type { Action } from "./action.ts"
import { file, option, optional, whole } from "./flags.ts"

const text = (name: string, metavar: string, description: string): Flag.Flag<string | null> =>
  optional(Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description)))

const MOST_FILES = 64

/** @param doing how a command of the tree says what is to be done */
export function studioTree(doing: (action: Action) => Effect.Effect<void>) {
  const studio = Command.make(
    "studio",
    {
      journal: optional(
        Flag.Directory("journal").pipe(
          Flag.withMetavar("<directory>"),
          Flag.withDescription("An engine's `state` directory: its runs, with a slider over their time"),
        ),
      ),
      cluster: Flag.String("cluster").pipe(
        Flag.withMetavar("<url>"),
        Flag.withDescription(
          "The gateway of a cluster's runner: its tuners and their replicas. Repeatable: where one is gone the next is asked",
        ),
        Flag.between(0, MOST_FILES),
      ),
      clusterTokenFile: optional(
        file("cluster-token-file", "A file with a token that may read all of that cluster"),
      ),
      storage: text("storage", "<url|file>", "A postgres:// url or a SQLite file: its shared studies, live"),
      solver: Flag.Path("solver").pipe(
        Flag.withMetavar("<file>"),
        Flag.withDescription("A solver's state or artifact; repeatable"),
        Flag.between(0, MOST_FILES),
      ),
      demo: option("demo", "Serve a live engine over a simulated service, to try the studio"),
      port: Flag.withDefault(whole("port", 0, 65_535, "Port to listen on (default: a free one)"), 0),
      host: text("host", "<address>", "Address to listen on (default 127.0.0.1: only this machine)"),
      tokenFile: optional(file("token-file", "A file with the access token (default: a new one is printed)")),
      noToken: option("no-token", "Require no token: every user of this machine can steer"),
      readOnly: option("read-only", "Show, but change nothing"),
      open: option("open", "Open the page in a browser"),
    },
    (flags) => doing(async () => (await import("./studioCommand.ts")).studioCommand(flags)),
  ).pipe(
    Command.withDescription("Serve a page that shows recorded runs, clusters and solver runs, until Ctrl-C"),
    Command.withExamples([
      { command: "arqon studio --demo --open", description: "Try it" },
      { command: "arqon studio --journal ./state", description: "Look through a recorded run" },
      { command: "arqon studio --cluster http://127.0.0.1:7070", description: "Watch the replicas" },
      { command: "arqon studio --storage tune.db", description: "Watch the workers of a study" },
      { command: "arqon studio --solver tune.state.json --port 7070" },
    ]),
  )

  const exportMachines = Command.make(
    "export",
    {
      format: Flag.withDefault(
        Flag.Literals("format", ["json", "mermaid"]).pipe(
          Flag.withMetavar("json|mermaid"),
          Flag.withDescription("JSON for Stately's editor and programs, or Mermaid text (default json)"),
        ),
        "json",
      ),
      machine: text(
        "machine",
        "<name>",
        "Only this one: engine, safeMode, spsaCycle, relocation, solver, variant",
      ),
    },
    (flags) => doing(async () => (await import("./machinesCommand.ts")).machinesCommand(flags)),
  ).pipe(
    Command.withDescription("Print the statecharts"),
    Command.withExamples([
      { command: "arqon machines export --format mermaid --machine safeMode" },
      { command: "arqon machines export > machines.json" },
    ]),
  )
  const machines = Command.make("machines").pipe(
    Command.withDescription("The statecharts that engines and solvers run"),
    Command.withSubcommands([exportMachines]),
  )

  const tui = Command.make(
    "tui",
    {
      url: text("url", "<url>", "Address of an open studio, from `arqon studio` or engine.studio()"),
      journal: optional(
        Flag.Directory("journal").pipe(
          Flag.withMetavar("<directory>"),
          Flag.withDescription("An engine's `state` directory, to show its last run instead"),
        ),
      ),
      storage: text(
        "storage",
        "<url|file>",
        "A postgres:// url or a SQLite file, to watch a shared study instead",
      ),
      study: text("study", "<name>", "The study of that storage (default: the youngest)"),
      engine: text("engine", "<id>", "The engine or run, if there are several"),
      tokenFile: optional(
        file("token-file", "A file with the studio's token (default: prompts for it if required)"),
      ),
    },
    (flags) => doing(async () => (await import("./tuiCommand.ts")).tuiCommand(flags)),
  ).pipe(
    Command.withDescription(
      "Show an engine in the terminal and steer it, or watch a study; without a terminal, print one frame",
    ),
    Command.withExamples([
      { command: "arqon tui --url http://127.0.0.1:7070", description: "Prompts for the token" },
      {
        command: "arqon tui --journal ./state",
        description: "Look through a recorded run with the arrow keys",
      },
      { command: "arqon tui --storage tune.db --study nightly", description: "Watch the workers of a study" },
    ]),
  )

  return [studio, machines, tui] as const
}
