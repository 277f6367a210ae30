/** `arqon plot`: what a run looked like, in the terminal or as SVG. */
import { importanceOf } from "../solver/importance.ts"
import { parseSolverConfig } from "../solver/SolverConfig.ts"
import type { HistoryEntry, SolverState } from "../solver/SolverState.ts"
import type { RunArtifact } from "../solver/RunArtifact.ts"
import { ConfigError } from "../domain/errors.ts"
import { writeDocument } from "./writeDocument.ts"
import { readArtifactFile, requireStateFile } from "../study/documents.ts"
import { CliFailure, EXIT, type ExitCode } from "./exitCodes.ts"
import { numberText, print, stylesFor } from "./output.ts"
import { readingsOf } from "../study/solverReadings.ts"
import { shortPath } from "../system/paths.ts"
import { curveOf } from "../study/convergence.ts"
import { byEvaluation, storyOf } from "../study/story.ts"
import { convergenceSvg, importanceSvg } from "./plot/svgChart.ts"
import { convergenceText, importanceText, type Share, type Titles } from "./plot/terminalChart.ts"

export interface PlotFlags {
  readonly state: string | null
  readonly artifact: string | null
  readonly kind: "convergence" | "importance"
  readonly output: string | null
}

export async function plotCommand(flags: PlotFlags): Promise<ExitCode> {
  const { state, artifact, output } = flags
  if ((state === null) === (artifact === null))
    throw new CliFailure("arqon plot needs one of --state and --artifact.", EXIT.usage)
  const run = state === null ? readArtifactFile(artifact as string).artifact : requireStateFile(state)
  const columns = process.stdout.columns || 100
  const styles = stylesFor(process.stdout)
  const drawn = flags.kind === "convergence" ? drawConvergence(run, output !== null) : drawImportance(run)
  if (output === null) print(drawn.text(columns, styles))
  else {
    await writeDocument(output, drawn.svg())
    print(`Wrote ${shortPath(output)}.`)
  }
  return EXIT.ok
}

interface Drawing {
  readonly text: (columns: number, styles: ReturnType<typeof stylesFor>) => string
  readonly svg: () => string
}

function drawConvergence(run: SolverState | RunArtifact, svg: boolean): Drawing {
  const objective = run.config?.objective ?? "minimize"
  const curve = curveOf(run.history, objective, svg ? { x: 10, y: 8 } : { x: 8, y: 6 }, run.pending.length)
  if (curve === null) throw new CliFailure(nothingToDraw(run.history))
  const best = curve.points[curve.points.length - 1].best
  const failed = curve.failed.length === 0 ? "" : `, ${curve.failed.length} failed (×)`
  const pending = curve.pending === 0 ? "" : `, ${curve.pending} pending (○)`
  const story = storyOf(run, byEvaluation)
  const titles: Titles = {
    title: `Convergence of ${run.run_id}`,
    detail: `best reading ${numberText(best)} after ${curve.evaluations} evaluations${failed}${pending}${curve.y.log ? ", logarithmic" : ""}`,
  }
  return {
    text: (columns, styles) => convergenceText(curve, titles, columns, styles, story),
    svg: () => convergenceSvg(curve, titles, story),
  }
}

function drawImportance(run: SolverState | RunArtifact): Drawing {
  if (run.config === null)
    throw new CliFailure(
      "This artifact names no bounds, so parameter importance cannot be computed. Import it with --config first.",
    )
  const settings = parseSolverConfig(run.config)
  if (settings instanceof ConfigError) throw settings
  const found = importanceOf(readingsOf(run.history, settings), settings.space)
  if (found === null)
    throw new CliFailure(
      `Importance cannot be estimated from ${run.history.length} evaluations: it needs at least 8 with a value, and not all equal.`,
    )
  const shares: Array<Share> = settings.space.names
    .map((name, i) => ({ name, share: found.alone[i], rest: false }))
    .sort((a, b) => b.share - a.share)
  if (shares.length > 1) shares.push({ name: "together", share: found.together, rest: true })
  const titles: Titles = {
    title: `Parameter importance in ${run.run_id}`,
    detail: `share of the differences in rank that each explains alone, over the whole space; ${found.readings} readings`,
  }
  return {
    text: (columns, styles) => importanceText(shares, titles, columns, styles),
    svg: () => importanceSvg(shares, titles),
  }
}

const nothingToDraw = (history: ReadonlyArray<HistoryEntry>): string =>
  history.length === 0
    ? "There is nothing to draw yet: no evaluation has been reported."
    : `There is nothing to draw: all ${history.length} evaluations failed.`
