/**
 * One run of the demo from the first process to the verdict. The command `arqon demo` gives it a terminal; the recorder watches
 * through the same door.
 */
import { availableParallelism, loadavg } from "node:os"
import { setTimeout as sleep } from "node:timers/promises"
import { Child } from "./Child.ts"
import { compare, exitCodeOf, isSame, outcomeOf, unrest } from "./comparison.ts"
import { type KnobValues, startingValues } from "./knobs.ts"
import { COMPARISON_BLOCKS, type DemoOptions, scheduleOf, totalMsOf } from "./options.ts"
import type { LoadChannel, LoadPhase, Measurement, PlantChannel } from "./protocol.ts"
import {
  countsText,
  disturbance,
  type Machine,
  ownWord,
  plan,
  proofText,
  stopText,
  summary,
  verdict,
} from "./report.ts"
import type { Terminal } from "./terminal.ts"
import { blank, type DemoState, span } from "./view.ts"

/** The load at first, and what joins it half way: more callers, with interests that overlap only in part. */
export const firstLoad: LoadPhase = { connections: 64, catalogue: 2_000, offset: 0 }
export const secondLoad: LoadPhase = { connections: 40, catalogue: 4_000, offset: 1_700 }

/** A proof whose windows all expire, three times over. */
const LONGEST_PROOF_MS = 600_000

/** How long an open studio is kept for who looks at it. */
const LONGEST_LOOK_MS = 86_400_000

/** How often the view moves on. */
const FRAME_MS = 200

const machineNow = (): Machine => ({
  loadAverage: loadavg()[0],
  cores: availableParallelism(),
  node: process.versions.node,
  platform: `${process.platform} ${process.arch}`,
})

/** Who watches a run. */
export interface Audience {
  readonly terminal: Pick<Terminal, "show" | "tell" | "print" | "release">
  /** Gets the JSON object when asked for. */
  readonly writeLine: (line: string) => void
  /** Called with the address of the studio when it has been opened. */
  readonly openStudio: (url: string) => void
}

/** Runs the demo; resolves with the exit code. The engine's record goes into `stateFolder`. */
export const runDemo = async (
  options: DemoOptions,
  stateFolder: string,
  { terminal, writeLine, openStudio }: Audience,
  signal: AbortSignal,
): Promise<0 | 1 | 130> => {
  terminal.print(plan(options, machineNow()))
  const schedule = scheduleOf(options.seconds)
  const plant = new Child<PlantChannel>("plant")
  const load = new Child<LoadChannel>("load")
  const failed = Promise.race([plant.failed(), load.failed()])
  failed.catch(() => undefined)
  const startedMs = performance.now()
  let state: DemoState = {
    stage: "warming up",
    elapsedMs: 0,
    totalMs: options.seconds * 1_000,
    seed: options.seed,
    connections: firstLoad.connections,
    start: startingValues,
    progress: null,
    costs: [],
    loadChangedAt: -1,
    startCostMs: Number.NaN,
    events: [],
  }
  const blocks: Array<Measurement> = []
  const update = (change: Partial<DemoState>): void => {
    state = { ...state, ...change, elapsedMs: performance.now() - startedMs }
    state = { ...state, totalMs: totalMsOf(schedule, state, blocks.length) }
    terminal.show(state)
  }
  const event = (text: string): void => {
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(0)
    state = { ...state, events: [...state.events, `${seconds.padStart(3)} s  ${text}`] }
    terminal.tell(text)
  }
  const wait = async (ms: number): Promise<void> => {
    const until = performance.now() + ms
    for (let left = ms; left > 0; left = until - performance.now()) {
      await Promise.race([sleep(Math.min(FRAME_MS, left), undefined, { signal }), failed])
      update({})
    }
  }
  const measure = async (ms: number): Promise<Measurement> => {
    load.send({ kind: "measureBegin" })
    await wait(ms)
    return (await load.ask({ kind: "measureEnd" }, "measured")).measurement
  }
  const hold = (values: KnobValues): Promise<unknown> => plant.ask({ kind: "hold", values }, "held")

  plant.listen((message) => {
    if (message.kind !== "progress") return
    const { progress } = message
    const before = state.progress
    if (progress.mode === "safe" && before?.mode !== "safe")
      event(`SafeMode opened: ${progress.safeModeReason ?? "unknown"}`)
    if (progress.mode !== "safe" && before?.mode === "safe") event("SafeMode closed, tuning goes on")
    if (progress.refused > (before?.refused ?? 0))
      event(`Tier 1 refused a proposal (${progress.refused} so far)`)
    if (progress.rollbacks > (before?.rollbacks ?? 0)) event("rolled back to the baseline")
    update({ progress, costs: [...state.costs, progress.costMs] })
  })

  try {
    const [{ url }] = await Promise.all([plant.ask(null, "listening"), load.ask(null, "ready")])
    load.send({ kind: "load", url, phase: firstLoad, seed: options.seed })
    event(`${firstLoad.connections} callers, each asking again as soon as it is answered`)
    await wait(schedule.warmUpMs / 2)
    const { costMs: startCostMs } = await measure(schedule.warmUpMs / 2)

    const { studio } = await plant.ask(
      { kind: "tune", seed: options.seed, stateFolder, studio: options.studio },
      "tuning",
    )
    update({ stage: "tuning", startCostMs })
    event("engine started")
    if (studio !== null) {
      event(`the studio is at ${studio}`)
      openStudio(studio)
    }
    await wait(schedule.tuneMs / 2)
    if (options.loadChange) {
      load.send({ kind: "load", url, phase: secondLoad, seed: options.seed + 1 })
      event(`the load changes: ${secondLoad.connections} more callers with other interests`)
      update({
        connections: firstLoad.connections + secondLoad.connections,
        loadChangedAt: state.costs.length,
      })
    }
    await wait(schedule.tuneMs / 2)
    update({ stage: "proving" })
    event(stopText(schedule.proofPairs))
    // Whoever interrupts does not wait for the proof.
    const interrupted = sleep(LONGEST_PROOF_MS, undefined, { signal, ref: false })
    const asked = plant.ask({ kind: "stopTuning", prove: schedule.proofPairs }, "tuned")
    const told = await Promise.race([asked, failed, interrupted])
    if (told === undefined) throw new Error("the engine did not come to the end of its proof")
    const { result } = told
    event(proofText(result.proof))
    if (state.progress !== null) update({ progress: { ...state.progress, values: result.tuned } })

    for (let block = 0; block < COMPARISON_BLOCKS; block++) {
      await hold(block % 2 === 0 ? startingValues : result.tuned)
      update({ stage: "comparing" })
      await wait(schedule.blockSettleMs)
      const measurement = await measure(schedule.blockMeasureMs)
      event(`block ${"ABABAB"[block]}: ${measurement.costMs.toFixed(2)} ms per answer`)
      blocks.push(measurement)
    }
    const comparison = compare(blocks)
    const outcome = outcomeOf(comparison, isSame(result.tuned, startingValues))
    if (outcome !== "better") await hold(startingValues)
    const { outOfBounds } = await plant.ask({ kind: "counts" }, "counted")
    update({ stage: "done" })
    const machine = machineNow()
    const counts = countsText(result, outOfBounds)
    const word = ownWord(result)
    terminal.print([
      ...verdict(comparison, outcome, word),
      ...disturbance(machine, unrest(blocks)),
      blank,
      ...summary(
        comparison,
        outcome,
        options,
        machine,
        { start: startingValues, tuned: result.tuned },
        { counts, word },
      ),
      blank,
      [span(`Every decision is on record: npx arqon studio --journal ${stateFolder}`, "dim")],
    ])
    if (options.json) {
      writeLine(
        JSON.stringify({
          outcome,
          objectiveStart: comparison.start.costMs,
          objectiveTuned: comparison.tuned.costMs,
          ratio: comparison.ratio,
          pairRatios: comparison.pairRatios,
          applies: result.applies,
          refused: result.refused,
          safeModeEntries: result.safeModeEntries,
          outOfBounds,
          journal: stateFolder,
          comparison: result.comparison,
          proof: result.proof,
          cycles: result.cycles,
          start: startingValues,
          tuned: result.tuned,
        }),
      )
    }
    if (studio !== null && !options.json) {
      terminal.print([[span(`The studio stays at ${studio} until Ctrl-C.`)]])
      await sleep(LONGEST_LOOK_MS, undefined, { signal }).catch(() => undefined)
    }
    return exitCodeOf(outcome, outOfBounds)
  } catch (error) {
    if (signal.aborted) {
      terminal.print([[span("Stopped. The engine leaves the service on its base, and both processes end.")]])
      return 130
    }
    terminal.release()
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  } finally {
    terminal.release()
    // The plant stops a running engine before it goes, which leaves the service on its base.
    await Promise.all([plant.end({ kind: "end" }), load.end({ kind: "end" })])
  }
}
