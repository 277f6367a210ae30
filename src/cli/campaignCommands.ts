/** `arqon campaign ...`: what a person does with the campaigns of a cluster, over the gateway of one of its runners. */
import { readFileSync } from "node:fs"
import type { CampaignStatus } from "../cluster/campaign/Campaigns.ts"
import { messageOf } from "../system/messageOf.ts"
import { parseJson } from "../study/json.ts"
import { plainJson, plainText } from "../system/plainText.ts"
import { shortPath } from "../system/paths.ts"
import { askRunner, type RunnerPlace } from "./askRunner.ts"
import { CliFailure, EXIT, type ExitCode } from "./exitCodes.ts"
import { print } from "./output.ts"

export type CampaignCommand = "approve" | "reject" | "cancel"

interface Flags extends RunnerPlace {
  readonly json: boolean
}

interface NamedFlags extends Flags {
  readonly name: string
}

interface SignedFlags extends NamedFlags {
  readonly by: string
  readonly why: string
}

const ROOT = "/arqon/campaigns"
const pathOf = (name: string): string => `${ROOT}/${encodeURIComponent(name)}`

export async function listCommand(flags: Flags): Promise<ExitCode> {
  const all = (await askRunner(flags, "GET", ROOT)) as ReadonlyArray<CampaignStatus>
  if (flags.json) print(plainJson(all))
  else for (const line of all.length === 0 ? ["No campaigns."] : all.map(lineOf)) print(plainText(line))
  return EXIT.ok
}

export async function showCommand(flags: NamedFlags): Promise<ExitCode> {
  return shown(flags, await askRunner(flags, "GET", pathOf(flags.name)))
}

export async function startCommand(flags: Flags & { readonly campaign: string }): Promise<ExitCode> {
  return shown(flags, await askRunner(flags, "POST", ROOT, objectIn(flags.campaign)))
}

export async function evaluateCommand(flags: SignedFlags & { readonly evidence: string }): Promise<ExitCode> {
  const { name, by, why } = flags
  const body = { by, why, evidence: objectIn(flags.evidence) }
  return shown(flags, await askRunner(flags, "POST", `${pathOf(name)}/evaluate`, body))
}

export async function stepCommand(command: CampaignCommand, flags: SignedFlags): Promise<ExitCode> {
  const { name, by, why } = flags
  return shown(flags, await askRunner(flags, "POST", `${pathOf(name)}/${command}`, { by, why }))
}

function shown({ json }: Flags, answer: unknown): ExitCode {
  // What others wrote goes to a terminal here: a line each, and none that it would obey.
  if (json) print(plainJson(answer))
  else for (const line of textOf(answer as CampaignStatus)) print(plainText(line))
  return EXIT.ok
}

const lineOf = ({ name, state, tuner, study, reason }: CampaignStatus): string =>
  `${name}  ${state}  study ${study} for tuner ${tuner}${reason === null ? "" : `  ${reason}`}`

function textOf(status: CampaignStatus): ReadonlyArray<string> {
  const { by, why, candidate, missing, steps } = status
  return [
    lineOf(status),
    `proposed by ${by}: ${why}`,
    ...(candidate === null
      ? []
      : [
          `variant ${candidate.name}: ${candidate.state} ${JSON.stringify(candidate.content.values)}`,
          ...candidate.evidence.map(
            ({ source, mean, standardError, readings }) =>
              `  ${source}: loss ${mean} (standard error ${standardError}, ${readings} readings)`,
          ),
        ]),
    ...missing.map(({ path, message, suggestion = "" }) =>
      `missing: ${path} ${message} ${suggestion}`.trim(),
    ),
    ...steps.map(
      ({ step, body, atMs }) => `${new Date(atMs).toISOString()}  ${step}  ${JSON.stringify(body)}`,
    ),
  ]
}

function objectIn(path: string): object {
  let text: string
  try {
    text = readFileSync(path, "utf8")
  } catch (cause) {
    throw new CliFailure(`${shortPath(path)} cannot be read: ${messageOf(cause)}`)
  }
  const read = parseJson(text)
  if (read instanceof Error) throw new CliFailure(`${shortPath(path)}: ${read.message}`)
  if (typeof read !== "object" || read === null || Array.isArray(read))
    throw new CliFailure(`${shortPath(path)} must be a JSON object.`)
  return read
}
