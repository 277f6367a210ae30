/** `arqon cluster tell`: a person's command to a tuner or to one key of a fleet, over the gateway of any runner. */
import { readFileSync } from "node:fs"
import { KEY_COMMANDS } from "../cluster/keyStanding.ts"
import { TUNER_COMMANDS } from "../cluster/TunerOwner.ts"
import { didYouMean } from "../domain/problems.ts"
import { attempt } from "../domain/readInput.ts"
import { messageOf } from "../system/messageOf.ts"
import { shortPath } from "../system/paths.ts"
import { plainJson } from "../system/plainText.ts"
import { askRunner, type RunnerPlace } from "./askRunner.ts"
import { CliFailure, EXIT, type ExitCode } from "./exitCodes.ts"
import { print } from "./output.ts"

export interface TellFlags extends RunnerPlace {
  readonly command: string
  readonly tuner: string | null
  readonly fleet: string | null
  readonly engine: string | null
  readonly by: string | null
  readonly note: string | null
  readonly key: string | null
  readonly values: string | null
  readonly variant: string | null
}

export async function tellCommand(flags: TellFlags): Promise<ExitCode> {
  const { by, note, key } = flags
  const said = Object.fromEntries(Object.entries({ by, note, key }).filter(([, text]) => text !== null))
  print(plainJson(await askRunner(flags, "POST", pathOf(flags), { ...said, ...candidateOf(flags) })))
  return EXIT.ok
}

function pathOf({ command, tuner, fleet, engine }: TellFlags): string {
  const known: ReadonlyArray<string> = tuner === null ? KEY_COMMANDS : TUNER_COMMANDS
  if ((tuner === null) === (fleet === null) || (fleet === null) !== (engine === null))
    throw new CliFailure("Give either --tuner, or --fleet with --engine.", EXIT.usage)
  if (!known.includes(command))
    throw new CliFailure(
      `${JSON.stringify(command)} is not a command here. ${didYouMean(command, known) ?? ""}`.trim(),
      EXIT.usage,
    )
  return tuner === null
    ? `/arqon/fleets/${encodeURIComponent(fleet ?? "")}/keys/${encodeURIComponent(engine ?? "")}/${command}`
    : `/arqon/tuners/${encodeURIComponent(tuner)}/${command}`
}

function candidateOf({ command, values, variant }: TellFlags): object {
  if ((values !== null) !== (command === "rollOut"))
    throw new CliFailure(`--values goes with rollOut: --values '{"concurrency":96}'.`, EXIT.usage)
  if ((variant !== null) !== (command === "rollOutVariant"))
    throw new CliFailure("--variant goes with rollOutVariant, and names a file.", EXIT.usage)
  if (values !== null) return { values: jsonOf("--values", values) }
  return variant === null ? {} : { variant: jsonOf(shortPath(variant), textOf(variant)) }
}

function jsonOf(what: string, text: string): unknown {
  const found = attempt(() => JSON.parse(text) as unknown)
  if (found === null) throw new CliFailure(`${what} must be JSON.`, EXIT.usage)
  return found
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8")
  } catch (cause) {
    throw new CliFailure(`${shortPath(path)} cannot be read: ${messageOf(cause)}`)
  }
}
