/** `arqon cluster ...`: its flags and examples. What the commands do stands in clusterCommands.ts and in a file of its own each. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import type * as Effect from "effect/Effect"
import type { Action } from "./action.ts"
import { duration, file, gateway, option, optional, storage, whole } from "./flags.ts"

/**
 * An epoch that was raised can never be lowered, and owners count on from it. Near 2^53 every report would be refused for good, and files of
 * records are named by epochs times a million.
 */
const MOST_AFTER = 1_000_000_000

const wait = optional(
  duration("wait", "Keep serving, but not ready, for this long before the hand-over: 5s (default 0)"),
)
const text = (flag: string, metavar: string, description: string): Flag.Flag<string | null> =>
  optional(Flag.String(flag).pipe(Flag.withMetavar(metavar), Flag.withDescription(description)))

export function clusterTree(doing: (action: Action) => Effect.Effect<void>) {
  const load = () => import("./clusterCommands.ts")

  const start = Command.make(
    "start",
    {
      config: file("config", "A module whose default export is the options of createCluster, or a function"),
      wait,
      otlp: text("otlp", "<url>", "Send traces of reports to this OpenTelemetry collector"),
    },
    (flags) => doing(async () => (await load()).startCommand(flags)),
  ).pipe(
    Command.withDescription("Run one runner until SIGTERM or SIGINT; then hand over what it owns and end"),
    Command.withExamples([
      {
        command: "arqon cluster start --config ./cluster.config.ts --wait 5s",
        description: "SIGTERM drains it; a second signal skips the wait",
      },
    ]),
  )

  const status = Command.make(
    "status",
    { ...gateway, json: option("json", "Print one JSON object") },
    (flags) => doing(async () => (await load()).statusCommand(flags)),
  ).pipe(
    Command.withDescription("Print a runner's state, and who owns what under which epoch"),
    Command.withExamples([{ command: "arqon cluster status --url https://a:7070 --token-file ./token" }]),
  )

  const drain = Command.make("drain", { ...gateway, wait }, (flags) =>
    doing(async () => (await load()).drainCommand(flags)),
  ).pipe(
    Command.withDescription("Make a runner hand over what it owns and end; returns once it has ended"),
    Command.withExamples([{ command: "arqon cluster drain --url http://127.0.0.1:7070 --wait 5s" }]),
  )

  const tell = Command.make(
    "tell",
    {
      command: Argument.String("command").pipe(
        Argument.withMetavar("<command>"),
        Argument.withDescription(
          "trip, reset, rollback, setBaseline; of a tuner also pause, resume, rollOut, rollOutVariant, withdraw",
        ),
      ),
      ...gateway,
      tuner: text("tuner", "<name>", "The tuner to send it to"),
      fleet: text("fleet", "<name>", "The fleet to send it to, with --engine"),
      engine: text("engine", "<key>", "The key of the fleet"),
      by: text("by", "<person>", "Who asks, for the audit"),
      note: text("note", "<reason>", "Why, for the audit"),
      key: text("key", "<word>", "Sent again under the same key, a command has no second effect"),
      values: text("values", "<json>", "Of rollOut: knobs by name"),
      variant: optional(file("variant", "Of rollOutVariant: an approved variant as JSON")),
    },
    (flags) => doing(async () => (await import("./tellCommand.ts")).tellCommand(flags)),
  ).pipe(
    Command.withDescription("Send a command to a tuner or to one key of a fleet; prints the result"),
    Command.withExamples([
      { command: 'arqon cluster tell pause --tuner checkout --by ada --note "a release"' },
      { command: `arqon cluster tell rollOut --tuner checkout --values '{"concurrency":96}'` },
      { command: "arqon cluster tell trip --fleet tenants --engine acme" },
    ]),
  )

  const migrate = Command.make("migrate", { storage }, (flags) =>
    doing(async () => (await import("./migrateCommand.ts")).migrateCommand(flags)),
  ).pipe(
    Command.withDescription("Make the tables of a database, or bring them up to this version"),
    Command.withExamples([{ command: "ARQON_STORAGE=postgres://… arqon cluster migrate" }]),
  )

  const epoch = Command.make(
    "epoch",
    {
      storage,
      after: whole(
        "after",
        1,
        MOST_AFTER,
        "The latest epoch that replicas know: the highest in their `seen`, in GET /arqon/tuners/NAME",
      ),
    },
    (flags) => doing(async () => (await import("./epochCommand.ts")).epochCommand(flags)),
  ).pipe(
    Command.withDescription(
      "Raise the epochs of a database that was restored above those that replicas know",
    ),
    Command.withExamples([{ command: "ARQON_STORAGE=postgres://… arqon cluster epoch --after 41" }]),
  )

  const prune = Command.make(
    "prune",
    { storage, days: whole("days", 1, 36_500, "Keep the records of this many days, in whole weeks") },
    (flags) => doing(async () => (await import("./pruneCommand.ts")).pruneCommand(flags)),
  ).pipe(
    Command.withDescription("Remove old records from a database, by weeks, as a user who may drop tables"),
    Command.withExamples([{ command: "ARQON_STORAGE=postgres://… arqon cluster prune --days 90" }]),
  )

  return Command.make("cluster").pipe(
    Command.withDescription("Runners of a cluster, and the tables in their database"),
    Command.withSubcommands([start, status, drain, tell, migrate, epoch, prune]),
  )
}
