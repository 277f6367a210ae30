/**
 * The commands with their flags, descriptions and examples: what help, completions and the reference page are made of.
 * What each does stands in a file of its own.
 */
import { auditTree } from "./auditTree.ts"
import { campaignTree } from "./campaignTree.ts"
import { clusterTree } from "./clusterTree.ts"
import { demoTree } from "./demoTree.ts"
import { growTree } from "./growTree.ts"
import { rulesTree } from "./rulesTree.ts"
import { studyTree } from "./studyTree.ts"
import { studioTree } from "./studioTree.ts"
import { variantTree } from "./variantTree.ts"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { artifact, config, duration, file, option, oldState, optional, state, whole } from "./flags.ts"
import type { Action } from "./action.ts"

const MOST_AT_ONCE = 1024

/** A named function, because it prints the command tree: inline, the tree's type would refer to itself. */
const completionsFor =
  (shell: "bash" | "zsh" | "fish"): Action =>
  async () =>
    (await import("./completionsCommand.ts")).completionsCommand(
      shell,
      commandTree(() => {}),
    )

/** @param choose called with what is to be done, once the arguments have been read */
export function commandTree(choose: (action: Action) => void) {
  const doing = (action: Action): Effect.Effect<void> => Effect.sync(() => choose(action))

  const run = Command.make(
    "run",
    {
      config,
      script: Flag.String("script").pipe(
        Flag.withMetavar("<file|command>"),
        Flag.withDescription("Evaluates one point: an executable file, or a shell command"),
      ),
      state: optional(state),
      concurrency: Flag.withDefault(
        whole("concurrency", 1, MOST_AT_ONCE, "Parallel evaluations (default 1)"),
        1,
      ),
      timeout: optional(
        duration("timeout", "Time limit of one attempt: 500ms, 30s, 5m; a bare number is seconds"),
      ),
      retries: Flag.withDefault(whole("retries", 0, 100, "Retries after a failed attempt (default 0)"), 0),
      stopAfterFailures: optional(
        whole(
          "stop-after-failures",
          0,
          1_000_000,
          "End the run after this many failures in a row; 0: never (default 3, while none has succeeded)",
        ),
      ),
      json: option("json", "Print the summary as one JSON object"),
      quiet: option("quiet", "No progress on stderr"),
    },
    (flags) => doing(async () => (await import("./runCommand.ts")).runCommand(flags)),
  ).pipe(
    Command.withDescription("Tune a script: evaluate points until the budget is spent, and print the best"),
    Command.withExamples([
      {
        command: "arqon run --config tune.json --script ./evaluate.sh --state tune.state.json",
        description: "Tune a script; run it again to continue",
      },
      {
        command:
          'arqon run --config tune.json --script "python train.py" --concurrency 4 --timeout 10m --retries 1',
        description: "Four in parallel, ten minutes each at most, one retry",
      },
    ]),
  )

  const ask = Command.make(
    "ask",
    {
      config: optional(config),
      state: optional(state),
      batch: optional(
        whole("batch", 1, 1_000_000, "Number of points (default: all that need no earlier answer)"),
      ),
      ids: option("ids", "Print {id, params} objects instead of plain parameters"),
    },
    (flags) => doing(async () => (await import("./askTellCommands.ts")).askCommand(flags)),
  ).pipe(
    Command.withDescription(
      "Print the next points to evaluate as a JSON array; null when the budget is spent",
    ),
    Command.withExamples([
      {
        command: "arqon ask --config tune.json --state tune.state.json --batch 4",
        description: "Four points, recorded in the state file",
      },
    ]),
  )

  const tell = Command.make(
    "tell",
    {
      state: oldState,
      results: optional(file("results", "Results as JSON, an array or one object (default: stdin)")),
    },
    (flags) => doing(async () => (await import("./askTellCommands.ts")).tellCommand(flags)),
  ).pipe(
    Command.withDescription("Report results: params (or id), value, and optionally cost"),
    Command.withExamples([
      { command: "arqon tell --state tune.state.json --results results.json" },
      { command: `echo '{"params": {"x": 0.5}, "value": 0.25}' | arqon tell --state tune.state.json` },
    ]),
  )

  const interactive = Command.make(
    "interactive",
    { config: optional(config), state: optional(state) },
    (flags) => doing(async () => (await import("./interactiveCommand.ts")).interactiveCommand(flags)),
  ).pipe(
    Command.withDescription(
      "Exchange JSON lines over stdin and stdout, to drive the solver from any language",
    ),
    Command.withExamples([
      {
        command: `echo '{"cmd": "ask", "batch": 2}' | arqon interactive --config tune.json`,
        description: "Commands: ask, tell, best, status, seed, save, quit",
      },
    ]),
  )

  const validate = Command.make(
    "validate",
    { config: optional(config), state: optional(oldState), artifact: optional(artifact) },
    (flags) => doing(async () => (await import("./validateCommand.ts")).validateCommand(flags)),
  ).pipe(
    Command.withDescription("Check a configuration, a state or an artifact; problems point at the line"),
    Command.withExamples([{ command: "arqon validate --config tune.json" }]),
  )

  const exportRun = Command.make(
    "export",
    { state: oldState, output: file("output", "Where to write the artifact") },
    (flags) => doing(async () => (await import("./artifactCommands.ts")).exportCommand(flags)),
  ).pipe(
    Command.withDescription(
      "Write a run artifact from a state: history, classification, best point, environment",
    ),
    Command.withExamples([{ command: "arqon export --state tune.state.json --output tune.artifact.json" }]),
  )

  const importRun = Command.make(
    "import",
    {
      artifact,
      state: file("state", "The state file to write"),
      config: optional(file("config", "A configuration, if the artifact has none or to use another one")),
      force: option("force", "Replace an existing state file"),
    },
    (flags) => doing(async () => (await import("./artifactCommands.ts")).importCommand(flags)),
  ).pipe(
    Command.withDescription("Make a state from an artifact, to continue from there"),
    Command.withExamples([
      { command: "arqon import --artifact tune.artifact.json --state again.state.json" },
      {
        command: "arqon import --artifact tune.artifact.json --state more.state.json --config bigger.json",
        description: "Another configuration: the history becomes a warm start, outside the budget",
      },
    ]),
  )

  const verify = Command.make("verify", { artifact }, (flags) =>
    doing(async () => (await import("./artifactCommands.ts")).verifyCommand(flags)),
  ).pipe(
    Command.withDescription("Repeat a recorded run and compare it bit for bit"),
    Command.withExamples([{ command: "arqon verify --artifact tune.artifact.json" }]),
  )

  const plot = Command.make(
    "plot",
    {
      state: optional(oldState),
      artifact: optional(artifact),
      kind: Flag.withDefault(
        Flag.Literals("kind", ["convergence", "importance"]).pipe(
          Flag.withMetavar("<kind>"),
          Flag.withDescription(
            "The best so far by evaluation, or the share of differences each parameter explains (default convergence)",
          ),
        ),
        "convergence",
      ),
      output: optional(file("output", "Write an SVG instead of drawing in the terminal")),
    },
    (flags) => doing(async () => (await import("./plotCommand.ts")).plotCommand(flags)),
  ).pipe(
    Command.withDescription("Draw convergence or parameter importance, in the terminal or as SVG"),
    Command.withExamples([
      { command: "arqon plot --state tune.state.json" },
      { command: "arqon plot --artifact tune.artifact.json --kind importance --output importance.svg" },
    ]),
  )

  const completions = Command.make(
    "completions",
    {
      shell: Argument.Literals("shell", ["bash", "zsh", "fish"]).pipe(
        Argument.withMetavar("bash|zsh|fish"),
        Argument.withDescription("The shell"),
      ),
    },
    ({ shell }) => doing(completionsFor(shell)),
  ).pipe(
    Command.withDescription("Print a completion script for a shell"),
    Command.withExamples([
      { command: "source <(arqon completions bash)" },
      { command: "arqon completions fish > ~/.config/fish/completions/arqon.fish" },
    ]),
  )

  return Command.make("arqon").pipe(
    Command.withDescription(
      "Find good parameters for anything that answers with a number, and read the journal of a live engine",
    ),
    Command.withExamples([
      {
        command: "arqon run --config tune.json --script ./evaluate.sh --state tune.state.json",
        description: "Tune a script",
      },
      { command: "arqon plot --state tune.state.json", description: "Plot the progress" },
    ]),
    Command.withSubcommands([
      demoTree(doing),
      growTree(doing),
      run,
      ask,
      tell,
      interactive,
      validate,
      exportRun,
      importRun,
      verify,
      plot,
      ...auditTree(doing),
      ...studioTree(doing),
      ...variantTree(doing),
      rulesTree(doing),
      studyTree(doing),
      clusterTree(doing),
      campaignTree(doing),
      completions,
    ]),
  )
}
