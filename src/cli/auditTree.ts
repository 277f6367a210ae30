/**
 * `arqon audit ...` and `arqon replay`: the commands over the journal of a live engine, with their flags and examples. What
 * each does stands in auditCommands.ts.
 */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import type * as Effect from "effect/Effect"
import { AUDIT_KINDS } from "../domain/words.ts"
import type { Action } from "./action.ts"
import { file, option, optional, whole } from "./flags.ts"

const directory = Argument.Directory("directory").pipe(
  Argument.withMetavar("<directory>"),
  Argument.withDescription("The engine's `state` directory"),
)

const text = (name: string, metavar: string, description: string): Flag.Flag<string | null> =>
  optional(Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description)))

const TIME =
  "a date (2026-03-01T14:03, 2026-03-01), the last 14:03 there was (both local, or with Z or +02:00), or seconds of a run in manual time"

/** Changes that one what-if may make. */
const MOST_CHANGES = 32

const run = text("run", "<name>", "Only this run, or the runs of the engine of this name")
const json = option("json", "Print JSON instead of words, a line each")
const filters = {
  run,
  kind: text("kind", "<kinds>", `Only these, with commas between: ${AUDIT_KINDS.join(", ")}`),
  knob: text("knob", "<name>", "Only what changed this knob, or was refused because of it"),
  note: text("note", "<words>", "Only with these words in the note, as of the person who did it"),
  from: text("from", "<time>", `Not before: ${TIME}`),
  to: text("to", "<time>", "Not after: 14:03 is all of that minute, a date all of that day"),
  last: optional(whole("last", 1, 1_000_000, "Only the last so many")),
}

/** @param doing how a command of the tree says what is to be done */
export function auditTree(doing: (action: Action) => Effect.Effect<void>) {
  const load = () => import("./auditCommands.ts")

  const verify = Command.make(
    "verify",
    {
      directory,
      head: text(
        "head",
        "<hash>",
        "What an earlier check said the chain ends in: finds a journal that was written anew or cut off behind",
      ),
      json,
    },
    (flags) => doing(async () => (await load()).verifyCommand(flags)),
  ).pipe(
    Command.withDescription("Check every byte of the journal: whole, torn at its end, or damaged"),
    Command.withExamples([
      { command: "arqon audit verify ./state" },
      {
        command: "arqon audit verify ./state --head 9f2c…",
        description: "Against what was noted yesterday: it must pass through there",
      },
    ]),
  )

  const show = Command.make("show", { directory, ...filters, json }, (flags) =>
    doing(async () => (await load()).showCommand(flags)),
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
    doing(async () => (await load()).tailCommand(flags)),
  ).pipe(
    Command.withDescription(
      "Print the last ten records (or those that are asked for), then each as it is written, until Ctrl-C",
    ),
    Command.withExamples([{ command: "arqon audit tail ./state --kind apply,safeModeEntered" }]),
  )

  const why = Command.make(
    "why",
    {
      directory,
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
    (flags) => doing(async () => (await load()).whyCommand(flags)),
  ).pipe(
    Command.withDescription("Say why a knob changed: what was measured, what was proposed, what was applied"),
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
    { directory, ...filters, output: file("output", "Where to write the records, a JSON line each") },
    (flags) => doing(async () => (await load()).exportCommand(flags)),
  ).pipe(
    Command.withDescription("Write records to a file as JSON lines"),
    Command.withExamples([{ command: "arqon audit export ./state --output audit.jsonl" }]),
  )

  const audit = Command.make("audit").pipe(
    Command.withDescription("Read the journal of a live engine: verify, show, tail, why, export"),
    Command.withExamples([
      { command: "arqon audit show ./state --last 20", description: "The latest records" },
    ]),
    Command.withSubcommands([verify, show, tail, why, exportRecords]),
  )

  const whatIf = Flag.String("what-if").pipe(
    Flag.withMetavar("<option>=<value>"),
    Flag.withDescription(
      "Give the recorded telemetry to an engine with another option (guardrails, window.digests), and say what it would have done; may be given several times",
    ),
    Flag.between(0, MOST_CHANGES),
  )
  const replay = Command.make("replay", { directory, run, whatIf, json }, (flags) =>
    doing(async () => (await load()).replayCommand(flags)),
  ).pipe(
    Command.withDescription("Run a recorded run of an engine again, and compare every decision bit for bit"),
    Command.withExamples([
      { command: "arqon replay ./state" },
      {
        command: "arqon replay ./state --what-if guardrails=conservative --what-if seed=3",
        description: "What would have been refused, tripped or rolled back otherwise",
      },
    ]),
  )

  return [audit, replay] as const
}
