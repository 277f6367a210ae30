/** `arqon rules check`: a rule over a recorded run, before it is put in force. `arqon rules shield`: a table that keeps it. */
import { readFileSync } from "node:fs"
import { type RuleReport, ruleOverTrace, type TracedDigest } from "../control/ruleOverTrace.ts"
import { type MadeShield, shieldOf } from "../control/shieldPlant.ts"
import { ConfigError } from "../domain/errors.ts"
import { readDocument, refusal } from "../study/documents.ts"
import { messageOf } from "../system/messageOf.ts"
import { shortPath } from "../system/paths.ts"
import { CliFailure, EXIT, type ExitCode } from "./exitCodes.ts"
import { print, stylesFor } from "./output.ts"
import { writeDocument } from "./writeDocument.ts"

export interface RulesCheckFlags {
  readonly formula: string
  readonly trace: string
  readonly json: boolean
}

export interface RulesShieldFlags {
  readonly formula: string
  readonly plant: string
  readonly output: string
  readonly json: boolean
}

type Fields = Readonly<Record<string, unknown>>

export function rulesCheckCommand({ formula, trace, json }: RulesCheckFlags): Promise<ExitCode> {
  const report = judged(formula, readTrace(trace))
  print(json ? JSON.stringify(report) : reportText(report, shortPath(trace)))
  return Promise.resolve(report.verdict === "holds" ? EXIT.ok : EXIT.differs)
}

export async function rulesShieldCommand({
  formula,
  plant,
  output,
  json,
}: RulesShieldFlags): Promise<ExitCode> {
  const made = shieldFrom(formula, plant)
  if (made.table !== null) await writeDocument(output, `${JSON.stringify(made.table, null, 2)}\n`)
  const { rule, states, losing } = made
  print(
    json
      ? JSON.stringify({ rule, output: made.table === null ? null : output, states, losing })
      : shieldText(made, shortPath(output)),
  )
  return made.table === null ? EXIT.differs : EXIT.ok
}

function shieldFrom(formula: string, path: string): MadeShield {
  const { text, value } = readDocument(path)
  try {
    return shieldOf(formula, value)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const ofPlant = error.problems.filter((one) => one.path !== "rule" && one.path !== "formula")
    if (ofPlant.length > 0) throw refusal("a plant", path, text, ofPlant)
    const lines = error.problems.map((one) =>
      [...(one.path === "rule" ? ["The rule"] : []), one.message, one.suggestion ?? ""].join(" ").trimEnd(),
    )
    throw new CliFailure(lines.join("\n"), EXIT.usage)
  }
}

function shieldText({ table, rule, states, lost }: MadeShield, output: string): string {
  const { bad, good } = stylesFor(process.stdout)
  if (table === null)
    return `${bad("Cannot be kept")}: ${rule}\n  The plant can break it from each of the ${states} states. Nothing was written.`
  const shown = lost.slice(0, MOST_SHOWN).map((state) => `    ${state}`)
  return [
    `${good("Shield made")}: ${rule}`,
    `  ${output}, ${states} states`,
    ...(lost.length === 0 ? [] : [`  ${lost.length} of them are lost, no move keeps the rule from there:`]),
    ...shown,
    ...(lost.length > MOST_SHOWN ? [`    and ${lost.length - MOST_SHOWN} more`] : []),
  ].join("\n")
}

function judged(formula: string, trace: ReadonlyArray<TracedDigest>): RuleReport {
  try {
    return ruleOverTrace(formula, trace)
  } catch (error) {
    if (error instanceof ConfigError)
      throw new CliFailure(error.problems.map(({ message }) => message).join("\n"), EXIT.usage)
    throw error
  }
}

function readTrace(path: string): ReadonlyArray<TracedDigest> {
  let text: string
  try {
    text = readFileSync(path, "utf8")
  } catch (error) {
    throw new CliFailure(`${shortPath(path)} cannot be read: ${messageOf(error)}`)
  }
  const trace: Array<TracedDigest> = []
  let knobs: TracedDigest["knobs"] = {}
  for (const [i, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue
    const record = fieldsOf(parsed(line, `${shortPath(path)}, line ${i + 1}`))
    if (record === null) throw new CliFailure(`${shortPath(path)}, line ${i + 1}: is not a JSON object.`)
    const values = fieldsOf(record["values"])
    if (values !== null) knobs = { ...knobs, ...numbersOf(values) }
    const digest = digestOf(record)
    if (digest === null) continue
    const { atUs, channels } = digest
    if (!Number.isFinite(atUs))
      throw new CliFailure(`${shortPath(path)}, line ${i + 1}: has no time. Give timestampUs, microseconds.`)
    trace.push({ atUs, channels, knobs })
  }
  if (trace.length === 0)
    throw new CliFailure(
      `${shortPath(path)} has no digest. Give what \`arqon audit export\` writes for a run with journaled digests.`,
    )
  return trace
}

function parsed(line: string, where: string): unknown {
  try {
    return JSON.parse(line)
  } catch (error) {
    throw new CliFailure(`${where}: ${messageOf(error)}`)
  }
}

const fieldsOf = (value: unknown): Fields | null =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : null

const numbersOf = (fields: Fields): Record<string, number> =>
  Object.fromEntries(
    Object.entries(fields).filter((entry): entry is [string, number] => typeof entry[1] === "number"),
  )

/** A record of the audit, or a digest as `observe` takes one; null where a record is about something else. */
function digestOf(record: Fields): Pick<TracedDigest, "atUs" | "channels"> | null {
  if ("kind" in record) {
    const digest = fieldsOf(record["digest"])
    return digest === null ? null : { atUs: Number(record["atUs"]), channels: numbersOf(digest) }
  }
  const { timestampUs, generation: _, extras, values: __, ...channels } = record
  return {
    atUs: typeof timestampUs === "number" ? timestampUs : Number.NaN,
    channels: { ...numbersOf(channels), ...numbersOf(fieldsOf(extras) ?? {}) },
  }
}

const MOST_SHOWN = 20
const seconds = (us: number): string => `${Number((us / 1e6).toFixed(3))} s`

function reportText(report: RuleReport, trace: string): string {
  const { bad, good, warn } = stylesFor(process.stdout)
  const { verdict, digests, unknown, margin, violations } = report
  const head = {
    holds: good("Holds"),
    violated: bad(`Violated ${violations.length === 1 ? "once" : `${violations.length} times`}`),
    unknown: warn("Cannot be judged"),
  }[verdict]
  const lines = violations.slice(0, MOST_SHOWN).map((one) => {
    const end = one.toUs === one.fromUs ? "" : ` to ${seconds(one.toUs)}`
    return `  ${seconds(one.fromUs)}${end}, ${one.digests} ${one.digests === 1 ? "digest" : "digests"}: ${one.text}`
  })
  return [
    `${head}: ${report.rule}`,
    `  ${digests} digests of ${trace}, least margin ${margin ?? "unknown"}`,
    ...(unknown === 0 ? [] : [`  ${unknown} could not be judged: a reading was missing`]),
    ...lines,
    ...(violations.length > MOST_SHOWN ? [`  and ${violations.length - MOST_SHOWN} more`] : []),
  ].join("\n")
}
