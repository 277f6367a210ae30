/**
 * A run in the hands of a command: the solver, restored from its state file or new from its configuration, and the file
 * that is kept up to date with it.
 */
import { Solver } from "../solver/Solver.ts"
import type { SolverState } from "../solver/SolverState.ts"
import { EXTRA_STRATEGIES } from "../solver/strategies/extraStrategies.ts"
import { StateFile } from "../study/StateFile.ts"
import { CliFailure, EXIT } from "./exitCodes.ts"
import { type ConfigDocument, readConfigFile, readStateFile } from "../study/documents.ts"
import { shortPath } from "../system/paths.ts"
import { restoreFrom } from "./restoreFrom.ts"

export interface StudyOptions {
  readonly config: string | null
  readonly state: string | null
  /** What the user started, shown to another process that wants the same state. */
  readonly command: string
  /** The command lets go of the state at once; it waits a little for others that do. */
  readonly brief: boolean
}

/** How long `ask` and `tell` wait for each other, ms. */
const PATIENCE_MS = 10_000

export class Study {
  readonly solver: Solver
  readonly file: StateFile | null
  /** True when there was a state to go on from. */
  readonly resumed: boolean

  private constructor(solver: Solver, file: StateFile | null, resumed: boolean) {
    this.solver = solver
    this.file = file
    this.resumed = resumed
  }

  static async open(options: StudyOptions): Promise<Study> {
    // The configuration first: a mistake in it should not leave a lock or an empty state behind.
    const config = options.config === null ? null : readConfigFile(options.config)
    if (options.state === null) {
      if (config === null)
        throw new CliFailure(`${options.command} needs --config, or --state with a run in it.`, EXIT.usage)
      return new Study(new Solver(config.settings, solverOptions), null, false)
    }
    const file = await StateFile.open(options.state, {
      command: options.command,
      brief: options.brief,
      patienceMs: options.brief ? PATIENCE_MS : 0,
    })
    try {
      const state = readStateFile(file.path, options.state)
      if (state === null && config === null)
        throw new CliFailure(
          `There is no state in ${shortPath(options.state)} yet. Start a run with --config.`,
        )
      if (state !== null && config !== null) requireSame(state, config, options.state)
      const solver =
        state === null
          ? new Solver((config as ConfigDocument).settings, solverOptions)
          : restoreFrom(options.state, state, solverOptions)
      return new Study(solver, file, state !== null)
    } catch (cause) {
      await file.close()
      throw cause
    }
  }

  /** Resolves when everything up to now is on disk; at once for a run without a state file. */
  save(): Promise<void> {
    return this.file === null ? Promise.resolve() : this.file.save(() => this.solver.state())
  }

  async close(): Promise<void> {
    await this.file?.close()
  }
}

const solverOptions = { nowMs: () => performance.now(), strategies: EXTRA_STRATEGIES }

/** A run keeps the configuration it began with: its points follow from it. */
function requireSame(state: SolverState, config: ConfigDocument, statePath: string): void {
  const begun: Readonly<Record<string, unknown>> = { ...state.config }
  const wanted: Readonly<Record<string, unknown>> = { ...config.settings.config }
  const changed = [...new Set([...Object.keys(begun), ...Object.keys(wanted)])].filter(
    (key) => JSON.stringify(begun[key]) !== JSON.stringify(wanted[key]),
  )
  if (changed.length === 0) return
  const details = changed.map((key) => {
    const [was, is] = [begun[key], wanted[key]].map((value) => JSON.stringify(value) ?? "nothing")
    return was.length + is.length > 80
      ? `  ${key} differs`
      : `  ${key}: ${was} there, ${is} in ${shortPath(config.path)}`
  })
  throw new CliFailure(
    [
      `${shortPath(statePath)} was started with another configuration, and a run cannot change it halfway:`,
      ...details,
      `Use another state file, or start a new run from the old one's results:`,
      `  arqon import --artifact ${shortPath(statePath)} --config ${shortPath(config.path)} --state new.state.json`,
    ].join("\n"),
  )
}
