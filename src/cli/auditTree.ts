/**
 * `arqon audit ...` and `arqon replay`: the commands over the journal of a live engine, with their flags and examples. What
 * each does stands in auditCommands.ts.
 */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import type * as Effect from "effect/Effect"
import { AUDIT_KINDS } from "../domain/records.ts"
import type { Action } from "./action.ts"
import type { ExitCode } from "./exitCodes.ts"
import type { JournalAsked, JournalPlace } from "./JournalPlace.ts"
import { file, option, optional, whole } from "./flags.ts"

const directory = Argument.Directory("directory").pipe(
  Argument.withMetavar("<directory|name>"),
  Argument.withDescription(
    "The engine's `state` directory; with --storage the name of a tuner, of an engine that keeps its records there, or of a fleet with --key",
  ),
)
const storage = optional(
  Flag.String("storage").pipe(
    Flag.withMetavar("<url|file>"),
    Flag.withDescription(
      "Read the records in this database: a postgres:// url or a SQLite file (default: $ARQON_STORAGE, where there is no such directory)",
    ),
  ),
)
const key = optional(
  Flag.String("key").pipe(Flag.withMetavar("<key>"), Flag.withDescription("Of a fleet: whose records")),
)

const text = (name: string, metavar: string, description: string): Flag.Flag<string | null> =>
  optional(Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description)))

const TIME =
  "a date (2026-03-01T14:03, 2026-03-01) or the most recent 14:03 (both local, or with Z or +02:00), or seconds in a run with manual time"

/** Changes that one what-if may make. */
const MOST_CHANGES = 32

const run = text("run", "<name>", "Only this run, or runs of the engine with this name")
const json = option("json", "Print JSON lines instead of text")
const filters = {
  storage,
  key,
  run,
  kind: text("kind", "<kinds>", `Only these kinds, separated by commas: ${AUDIT_KINDS.join(", ")}`),
  knob: text("knob", "<name>", "Only records that changed this knob, or were refused because of it"),
  note: text("note", "<words>", "Only records with these words in the note, such as a person's name"),
  from: text("from", "<time>", `From this time on: ${TIME}`),
  to: text("to", "<time>", "Up to this time; 14:03 includes that minute, a date that day"),
  last: optional(whole("last", 1, 1_000_000, "Only the last n records")),
}

/** @param doing how a command of the tree says what is to be done */
export function auditTree(doing: (action: Action) => Effect.Effect<void>) {
  const load = () => import("./auditCommands.ts")
  type Commands = Awaited<ReturnType<typeof load>>
  const inJournal = (
    asked: JournalAsked,
    command: (place: JournalPlace, commands: Commands) => Promise<ExitCode>,
    more?: { readonly follows: boolean },
  ) =>
    doing(async () => {
      const [found, commands] = await Promise.all([import("./inJournal.ts"), load()])
      return found.inJournal(asked, (place) => command(place, commands), more)
    })

  const verify = Command.make(
    "verify",
    {
      directory,
      storage,
      key,
      head: text(
        "head",
        "<hash>",
        "The head of the chain from an earlier check: detects a journal that was rewritten or cut off",
      ),
      json,
    },
    (flags) => inJournal(flags, (place, { verifyCommand }) => verifyCommand({ ...flags, ...place })),
  ).pipe(
    Command.withDescription("Check every byte of the journal: whole, torn at its end, or damaged"),
    Command.withExamples([
      { command: "arqon audit verify ./state" },
      {
        command: "arqon audit verify ./state --head 9f2c…",
        description: "Compare with yesterday's head: the chain must pass through it",
      },
      {
        command: "arqon audit verify checkout --storage arqon.db",
        description: "All owners that the tuner checkout of a cluster has had",
      },
      {
        command: "arqon audit verify tenants --key acme --storage arqon.db",
        description:
          "The bucket that has the key acme of the fleet tenants, and which of its records are of acme",
      },
    ]),
  )

  const show = Command.make("show", { directory, ...filters, json }, (flags) =>
    inJournal(flags, (place, { showCommand }) => showCommand({ ...flags, ...place })),
  ).pipe(
    Command.withDescription("Print records, oldest first"),
    Command.withExamples([
      { command: "arqon audit show ./state --last 20" },
      {
        command: "arqon audit show ./state --kind violation,rollback --from 14:00",
        description: "What went wrong",
      },
      { command: "arqon audit show ./state --note ann", description: "What ann did" },
    ]),
  )

  const tail = Command.make("tail", { directory, ...filters, json }, (flags) =>
    inJournal(flags, (place, { tailCommand }) => tailCommand({ ...flags, ...place }), { follows: true }),
  ).pipe(
    Command.withDescription(
      "Print the last ten records (or the requested ones), then new ones as they are written, until Ctrl-C",
    ),
    Command.withExamples([{ command: "arqon audit tail ./state --kind apply,safeModeEntered" }]),
  )

  const why = Command.make(
    "why",
    {
      directory,
      storage,
      key,
      knob: Flag.String("knob").pipe(
        Flag.withMetavar("<name>"),
        Flag.withDescription("The knob that changed"),
      ),
      at: text(
        "at",
        "<time>",
        `Its last change up to then, perturbations too; without it the last move of the base. ${TIME}`,
      ),
      run,
      json,
    },
    (flags) => inJournal(flags, (place, { whyCommand }) => whyCommand({ ...flags, ...place })),
  ).pipe(
    Command.withDescription("Explain why a knob changed: what was measured, proposed and applied"),
    Command.withExamples([
      {
        command: "arqon audit why ./state --knob concurrency --at 14:03",
        description: "Its last change up to the end of that minute",
      },
      { command: "arqon audit why ./state --knob concurrency", description: "The last move of its base" },
    ]),
  )

  const exportRecords = Command.make(
    "export",
    { directory, ...filters, output: file("output", "The file to write, one JSON line per record") },
    (flags) => inJournal(flags, (place, { exportCommand }) => exportCommand({ ...flags, ...place })),
  ).pipe(
    Command.withDescription("Write records to a file as JSON lines"),
    Command.withExamples([{ command: "arqon audit export ./state --output audit.jsonl" }]),
  )

  const audit = Command.make("audit").pipe(
    Command.withDescription(
      "Read the journal of a live engine, or the records of a cluster's tuner or key: verify, show, tail, why, export",
    ),
    Command.withExamples([
      { command: "arqon audit show ./state --last 20", description: "The latest records" },
    ]),
    Command.withSubcommands([verify, show, tail, why, exportRecords]),
  )

  const whatIf = Flag.String("what-if").pipe(
    Flag.withMetavar("<option>=<value>"),
    Flag.withDescription(
      "Show what an engine with another option would have done with the same telemetry; repeatable (guardrails=conservative)",
    ),
    Flag.between(0, MOST_CHANGES),
  )
  const replay = Command.make("replay", { directory, storage, key, run, whatIf, json }, (flags) =>
    inJournal(flags, (place, { replayCommand }) => replayCommand({ ...flags, ...place })),
  ).pipe(
    Command.withDescription("Replay a recorded run of an engine, and compare every decision bit for bit"),
    Command.withExamples([
      { command: "arqon replay ./state" },
      {
        command: "arqon replay ./state --what-if guardrails=conservative --what-if seed=3",
        description: "What other options would have refused, tripped or rolled back",
      },
      {
        command: "ARQON_STORAGE=postgres://… arqon replay resizer",
        description: "Every run of an engine, on any machine",
      },
    ]),
  )

  return [audit, replay] as const
}
