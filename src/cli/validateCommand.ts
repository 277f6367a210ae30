/** `arqon validate`: whether a file can be used, and what is in it. */
import type { Dimension } from "../solver/SearchSpace.ts"
import type { SolverSettings } from "../solver/SolverConfig.ts"
import type { HistoryEntry } from "../solver/SolverState.ts"
import { readArtifactFile, readConfigFile, requireStateFile } from "../study/documents.ts"
import { CliFailure, EXIT, type ExitCode } from "./exitCodes.ts"
import { restoreFrom } from "./restoreFrom.ts"
import { print, printWarning, stylesFor } from "./output.ts"
import { shortPath } from "../system/paths.ts"

export interface ValidateFlags {
  readonly config: string | null
  readonly state: string | null
  readonly artifact: string | null
}

export async function validateCommand({ config, state, artifact }: ValidateFlags): Promise<ExitCode> {
  if (config === null && state === null && artifact === null)
    throw new CliFailure("arqon validate needs --config, --state or --artifact.", EXIT.usage)
  const { good } = stylesFor(process.stdout)
  if (config !== null) {
    const { settings } = readConfigFile(config)
    print(`${good("Config OK")}: ${shortPath(config)}\n${settingsText(settings)}`)
    for (const warning of settings.warnings) printWarning(warning)
  }
  if (state !== null) {
    const document = requireStateFile(state)
    const solver = restoreFrom(state, document)
    print(
      `${good("State OK")}: ${shortPath(state)}\n${runText(document.run_id, document.history)}\n  phase     ${solver.phase}, ${solver.counts.pending} pending`,
    )
  }
  if (artifact !== null) {
    const { artifact: document } = readArtifactFile(artifact)
    const bounds = document.config === null ? "\n  no bounds: give --config to import it" : ""
    print(
      `${good("Artifact OK")}: ${shortPath(artifact)}\n${runText(document.run_id, document.history)}${bounds}`,
    )
  }
  return EXIT.ok
}

function settingsText({ space, budget, probeCount, seed, objective, strategy }: SolverSettings): string {
  const width = Math.max(...space.names.map((name) => name.length))
  const plural = space.size === 1 ? "parameter" : "parameters"
  return [
    `  ${objective}, ${budget} evaluations (${probeCount} of them probe), seed ${seed}, strategy ${strategy}`,
    `  ${space.size} ${plural}:`,
    ...space.names.map((name, i) => `    ${name.padEnd(width)}  ${dimensionText(space.dimensions[i])}`),
  ].join("\n")
}

function dimensionText(dimension: Dimension): string {
  if ("choices" in dimension) {
    const { choices } = dimension
    const isSwitch = choices.length === 2 && choices.includes(true) && choices.includes(false)
    return isSwitch ? "true or false" : `one of ${choices.map((choice) => JSON.stringify(choice)).join(", ")}`
  }
  const { min, max, scale, step } = dimension
  return `${min} to ${max}, ${scale}${step === 0 ? "" : `, step ${step}`}`
}

function runText(runId: string, history: ReadonlyArray<HistoryEntry>): string {
  const failed = history.filter(({ value }) => value === null).length
  return `  run       ${runId}\n  history   ${history.length} evaluations${failed === 0 ? "" : `, ${failed} failed`}`
}
