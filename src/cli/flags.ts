/** Flags that several commands have, each in one wording. */
import * as Flag from "effect/cli/Flag"
import { parseDuration } from "./scriptRunner.ts"
import { messageOf } from "../system/messageOf.ts"

/** An optional flag: null when it is not given. */
export const optional = <A>(flag: Flag.Flag<A>): Flag.Flag<A | null> => Flag.withDefault(flag, null)

export const file = (name: string, description: string): Flag.Flag<string> =>
  Flag.File(name).pipe(Flag.withMetavar("<file>"), Flag.withDescription(description))

export const text = (name: string, metavar: string, description: string): Flag.Flag<string> =>
  Flag.String(name).pipe(Flag.withMetavar(metavar), Flag.withDescription(description))

/** A switch that is off unless it is given. */
export const option = (name: string, description: string): Flag.Flag<boolean> =>
  Flag.Boolean(name).pipe(Flag.withoutNegation, Flag.withDescription(description), Flag.withDefault(false))

export const whole = (name: string, least: number, most: number, description: string): Flag.Flag<number> =>
  // Flag.Int says of a word that it is no "string representing a finite number".
  Flag.String(name).pipe(
    Flag.withMetavar("<n>"),
    Flag.withDescription(description),
    Flag.mapTryCatch((text) => wholeIn(text, least, most), messageOf),
  )

function wholeIn(text: string, least: number, most: number): number {
  const n = /^-?\d+$/.test(text.trim()) ? Number(text) : Number.NaN
  if (!(n >= least && n <= most)) throw new Error(`a whole number from ${least} to ${most}`)
  return n
}

export const duration = (name: string, description: string): Flag.Flag<number> =>
  Flag.String(name).pipe(
    Flag.withMetavar("<time>"),
    Flag.withDescription(description),
    Flag.mapTryCatch(parseDuration, messageOf),
  )

export const config = file("config", "The configuration as JSON: budget, bounds and more")
export const state = file("state", "The state file of the run; created if missing")
export const oldState = file("state", "The state file of the run")
export const artifact = file("artifact", "A run artifact from `export`")
export const evidence = file(
  "evidence",
  "One measurement, as JSON: source, mean, standardError, readings, constraintsHeld",
)
/** The database that processes share; the password of a url is better in the environment than on a command line. */
export const storage = optional(
  Flag.String("storage").pipe(
    Flag.withMetavar("<url|file>"),
    Flag.withDescription("A postgres:// url or a SQLite file (default: $ARQON_STORAGE, else arqon.db)"),
  ),
)

/** Where a runner of a cluster is reached, and with which token. */
export const gateway = {
  url: Flag.withDefault(
    Flag.String("url").pipe(
      Flag.withMetavar("<url>"),
      Flag.withDescription("The gateway of a runner (default http://127.0.0.1:7070)"),
    ),
    "http://127.0.0.1:7070",
  ),
  tokenFile: optional(file("token-file", "A file with a token of the gateway")),
}
