/** `arqon export`, `import` and `verify`: a run as a document that can be kept, passed on and checked. */
import { arch, cpus, platform, release } from "node:os"
import { StateError } from "../domain/errors.ts"
import { rerun } from "../solver/rerun.ts"
import type { Environment, RunArtifact } from "../solver/RunArtifact.ts"
import { Solver } from "../solver/Solver.ts"
import { EXTRA_STRATEGIES } from "../solver/strategies/extraStrategies.ts"
import { readStateText, StateFile, RunText } from "../study/StateFile.ts"
import {
  type ArtifactDocument,
  type ConfigDocument,
  readArtifactFile,
  readConfigFile,
  requireStateFile,
} from "../study/documents.ts"
import { CliFailure, EXIT, type ExitCode } from "./exitCodes.ts"
import { print, printWarning, stylesFor } from "./output.ts"
import { shortPath } from "../system/paths.ts"
import { restoreFrom } from "./restoreFrom.ts"
import { packageVersion } from "../system/version.ts"
import { writeDocument } from "./writeDocument.ts"

export interface ExportFlags {
  readonly state: string
  readonly output: string
}

export async function exportCommand({ state, output }: ExportFlags): Promise<ExitCode> {
  const solver = restoreFrom(state, requireStateFile(state))
  const artifact = solver.artifact(environment())
  await writeDocument(output, new RunText().of(artifact))
  print(`Wrote ${shortPath(output)}: ${artifact.run_id}, ${artifact.history.length} evaluations.`)
  return EXIT.ok
}

export interface ImportFlags {
  readonly artifact: string
  readonly state: string
  readonly config: string | null
  readonly force: boolean
}

export async function importCommand(flags: ImportFlags): Promise<ExitCode> {
  const document = readArtifactFile(flags.artifact)
  const config = flags.config === null ? null : readConfigFile(flags.config)
  const { solver, how } = solverFrom(document, config)
  const file = await StateFile.open(flags.state, { command: "arqon import", brief: true, patienceMs: 0 })
  try {
    if (!flags.force && readStateText(file.path) !== null)
      throw new CliFailure(`${shortPath(flags.state)} already exists. Replace it with --force.`)
    await file.save(() => solver.state())
  } finally {
    await file.close()
  }
  print(`Wrote ${shortPath(flags.state)}: ${solver.runId}, ${how}.`)
  return EXIT.ok
}

/** The same run where the configuration is the same, or there was none; else a new run that knows the old one's results. */
function solverFrom(
  document: ArtifactDocument,
  config: ConfigDocument | null,
): { readonly solver: Solver; readonly how: string } {
  const { artifact, path } = document
  const { schema_version, run_id, history, pending } = artifact
  const wanted = config?.settings.config ?? artifact.config
  if (wanted === null)
    throw new CliFailure(
      `${shortPath(path)} names no bounds, so there is nothing to search in. Give a configuration: --config tune.json`,
    )
  const evaluations = `${history.length} evaluation${history.length === 1 ? "" : "s"}`
  const same = artifact.config === null || JSON.stringify(artifact.config) === JSON.stringify(wanted)
  const fits = history.length <= wanted.budget
  if (same && fits)
    return {
      solver: restoreFrom(path, { schema_version, run_id, history, pending, config: wanted }),
      how: evaluations,
    }
  const { settings } = config as ConfigDocument
  const { space } = settings
  const solver = new Solver(settings, { strategies: EXTRA_STRATEGIES })
  const known = history.filter(({ params }) => {
    const names = Object.keys(params)
    return (
      names.length === space.size &&
      space.names.every((name, i) => !Number.isNaN(space.encodeOne(i, params[name])))
    )
  })
  solver.seed(
    known.map(({ params, value, cost, error }) => ({
      params,
      value,
      cost,
      ...(value === null ? { failed: error ?? true } : {}),
    })),
  )
  const left = history.length - known.length
  const outside = left === 0 ? "" : `; ${left} left out: not in the new space`
  return { solver, how: `warm start with ${known.length} of ${evaluations}${outside}` }
}

export interface VerifyFlags {
  readonly artifact: string
}

export async function verifyCommand({ artifact: path }: VerifyFlags): Promise<ExitCode> {
  const { artifact } = readArtifactFile(path)
  if (artifact.config === null)
    throw new CliFailure(`${shortPath(path)} names no bounds, so it cannot be run again.`)
  const { good, bad, strong } = stylesFor(process.stdout)
  const asked = artifact.history.filter((entry) => entry.asked_after !== null).length
  const unasked = artifact.history.length - asked
  let result: ReturnType<typeof rerun>
  try {
    result = rerun(artifact, { strategies: EXTRA_STRATEGIES })
  } catch (cause) {
    if (!(cause instanceof StateError)) throw cause
    print(`${bad("Differs:")} ${cause.problems.map((one) => `${one.path}: ${one.message}`).join("; ")}`)
    return EXIT.differs
  }
  warnOfOtherVersion(artifact)
  if (result.identical) {
    const foreign =
      unasked === 0 ? "" : `; ${unasked} results that nobody had asked for were taken as they are`
    print(`${good("Same bit for bit:")} ${artifact.run_id}, ${asked} evaluations asked for again${foreign}.`)
    return EXIT.ok
  }
  print(
    [
      `${bad("Differs")} first at ${strong(result.difference ?? "")}:`,
      `  recorded  ${JSON.stringify(result.recorded) ?? "nothing"}`,
      `  repeated  ${JSON.stringify(result.repeated) ?? "nothing"}`,
    ].join("\n"),
  )
  return EXIT.differs
}

function warnOfOtherVersion({ environment: recorded }: RunArtifact): void {
  const version = recorded?.arqon
  if (typeof version === "string" && version !== packageVersion())
    printWarning(`Recorded by arqon ${version}; this is ${packageVersion()}.`)
}

/** Where the artifact was made. */
export function environment(): Environment {
  return {
    arqon: packageVersion(),
    node: process.versions.node,
    v8: process.versions.v8,
    platform: platform(),
    release: release(),
    arch: arch(),
    cpu: cpus()[0]?.model ?? null,
    cpus: cpus().length,
  }
}
