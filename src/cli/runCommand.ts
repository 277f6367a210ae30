/**
 * `arqon run`: evaluates points with a script until the budget is spent, and says what was found.
 */
import { existsSync, statSync } from "node:fs"
import { resolve } from "node:path"
import { CliFailure, EXIT, type ExitCode } from "./exitCodes.ts"
import { note, print, printWarning, stylesFor } from "./output.ts"
import { makeProgress } from "./runProgress.ts"
import { RunSession } from "./runSession.ts"
import { summaryJson, summaryText } from "./runSummary.ts"
import { isShellName, isTakenName, type ScriptCommand, ScriptRunner } from "./scriptRunner.ts"
import { onSignals } from "./signals.ts"
import { Study } from "./study.ts"

export interface RunFlags {
  readonly config: string
  readonly script: string
  readonly state: string | null
  readonly concurrency: number
  readonly timeout: number | null
  readonly retries: number
  readonly stopAfterFailures: number | null
  readonly json: boolean
  readonly quiet: boolean
}

export async function runCommand(flags: RunFlags): Promise<ExitCode> {
  const script = scriptOf(flags.script)
  const study = await Study.open({ ...flags, command: "arqon run", brief: false })
  try {
    return await runStudy(study, script, flags)
  } finally {
    await study.close()
  }
}

async function runStudy(study: Study, script: ScriptCommand, flags: RunFlags): Promise<ExitCode> {
  const { solver } = study
  const startedAt = performance.now()
  if (!flags.quiet) {
    const warnings = [...solver.warnings, ...nameWarnings(solver.settings.space.names)]
    for (const warning of warnings) printWarning(warning)
  }
  const progress = makeProgress(flags.quiet)
  const runner = new ScriptRunner({
    script,
    timeoutMs: flags.timeout,
    retries: flags.retries,
    seed: solver.settings.seed,
  })
  const session = new RunSession(study, runner, progress, flags.stopAfterFailures)
  // The first asks everything to end, the second ends it.
  const signals = onSignals((signal) => session.stop(signal))
  try {
    await session.run(flags.concurrency)
  } finally {
    signals.off()
    progress.end()
  }
  const { stopped, failing } = session
  const end = {
    solver,
    statePath: flags.state,
    elapsedMs: performance.now() - startedAt,
    evaluated: session.evaluated,
    interrupted: stopped !== null,
    failing,
  }
  print(flags.json ? summaryJson(end) : summaryText(end, stylesFor(process.stdout)))
  if (stopped !== null) return stopped === "SIGINT" ? EXIT.interrupted : EXIT.terminated
  if (failing === null && (solver.best !== null || solver.counts.failed === 0)) return EXIT.ok
  if (!flags.quiet && solver.best === null)
    note("Every evaluation failed. Run the script by hand with the parameters of one of them to see why.")
  return EXIT.allFailed
}

/** A file is started itself; anything with more words in it is a command for the shell. */
export function scriptOf(script: string): ScriptCommand {
  const path = resolve(script)
  if (existsSync(path)) {
    const stat = statSync(path)
    if (!stat.isFile()) throw new CliFailure(`--script: ${script} is a folder.`)
    if (process.platform !== "win32" && (stat.mode & 0o111) === 0)
      throw new CliFailure(`--script: ${script} may not be run. Make it executable: chmod +x ${script}`)
    return { command: path, shell: false }
  }
  if (script.trim() === "" || (/[\\/]/.test(script) && !/\s/.test(script)))
    throw new CliFailure(`--script: there is no file ${JSON.stringify(script)}.`)
  return { command: script, shell: true }
}

function nameWarnings(names: ReadonlyArray<string>): ReadonlyArray<string> {
  return [
    ...names
      .filter((name) => !isShellName(name))
      .map(
        (name) =>
          `A shell cannot read ARQON_${name} as a variable; the script finds it in the JSON on its input.`,
      ),
    ...names.filter(isTakenName).map((name) => `The parameter ${name} overrides the variable ARQON_${name}.`),
  ]
}
