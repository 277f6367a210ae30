/**
 * The evidence in the record of a growing service is made again from the pairs and mirrors that it came from. Only the figures used to be
 * kept, so a figure that had been changed in a window without a transition was believed. What was shown of a channel at a transition,
 * and windows that were taken out, were compared with nothing.
 */
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { EXIT } from "../../../src/cli/exitCodes.ts"
import { growWhyCommand } from "../../../src/cli/growCommands.ts"
import { whyText } from "../../../src/cli/growText.ts"
import { pipelinesIn } from "../../../src/cli/pipelinesIn.ts"
import type { WindowTapes } from "../../../src/morph/pipeline/EvidenceTape.ts"
import { createGrowth } from "../../../src/morph/node/createGrowth.ts"
import { pipelineKeeper, type PipelineRun, readPipelineRecord } from "../../../src/morph/node/PipelineLog.ts"
import { repeatsItself, replayPipeline } from "../../../src/morph/node/replayPipeline.ts"
import type { PipelineEntry } from "../../../src/morph/service/PipelineGrowth.ts"
import { pipelineHost } from "../../../src/morph/service/pipelineHost.ts"
import { uniforms, VirtualClock } from "../pipeline/service.ts"

let folder = ""
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "arqon-evidence-"))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const GATES = {
  shares: [0.25, 0.5],
  pairsPerStep: 20,
  pass: 3,
  trialCalls: 3,
  training: { compared: 30, share: 1, agreement: 0.7 },
  shadowing: { compared: 100, agreement: 0.8, timed: 0.3, mirrored: 0, lag: 100 },
  margins: { latency: 0.5, errors: 0.2, cost: 0.5 },
  probationCalls: 300,
  probationDuels: 0.2,
  probationTimed: 0.1,
}

/**
 * A candidate that is kept, with times, costs, errors on both sides and answers that differ; and the states that it went through. One
 * that takes longer is culled.
 */
async function keptRun(
  state: string,
  longerMs = 0,
): Promise<{ run: PipelineRun; states: ReadonlyArray<string> }> {
  const clock = new VirtualClock()
  const chance = uniforms(3)
  const search = async (query: number): Promise<number> => {
    await clock.sleep(4 + 4 * chance())
    if (chance() < 0.02) throw new Error("no answer")
    return chance() < 0.01 ? -1 : query
  }
  const cost = (answer: number): number => 2 + Math.abs(answer % 3)
  const host = pipelineHost({ search: { incumbent: search, effects: "none", deadlineMs: 100, cost } })
  const growth = createGrowth({
    host,
    seed: 5,
    clock,
    state,
    gates: GATES,
    grafting: { stays: { probationary: { least: 5 } } },
  })
  const call = host.socket("search")
  const states: Array<string> = []
  growth.subscribe(({ moves }) => void states.push(...moves.map(({ to }) => to)))
  await growth.start()
  const candidate = async (query: number): Promise<number> => {
    if (longerMs > 0) await clock.sleep(longerMs)
    return search(query)
  }
  await growth.germinate("search", { candidate, name: "same", why: "test" })
  let isAsked = false
  const isOver = (): boolean => states.at(-1) === "fossilized" || states.at(-1) === "embargoed"
  for (let second = 0; second < 300 && !isOver(); second++) {
    for (let n = 0; n < 100; n++) {
      call(n).catch(() => {})
      await clock.pass(10)
    }
    if (isAsked || states.at(-1) !== "probationary") continue
    isAsked = true
    await growth.fossilize("search", { why: "it is the same" })
  }
  await growth.stop()
  return { run: readPipelineRecord(state).runs[0], states }
}

/** A file that ends with a whole record. */
const WHOLE = { torn: 0, hash: "f00d" }

type WindowEntry = Extract<PipelineEntry, { readonly type: "window" }>

/** The run with its windows changed; null leaves one out. */
const rewritten = (run: PipelineRun, by: (entry: WindowEntry) => WindowEntry | null): PipelineRun => ({
  ...run,
  entries: run.entries.flatMap((entry): ReadonlyArray<PipelineEntry> => {
    const other = entry.type === "window" ? by(entry) : entry
    return other === null ? [] : [other]
  }),
})

/** The run with the tapes of one window changed. */
function changed(run: PipelineRun, boundary: number, by: (tapes: WindowTapes) => WindowTapes): PipelineRun {
  return {
    ...run,
    entries: run.entries.map((entry) =>
      entry.type === "window" && entry.boundary === boundary
        ? { ...entry, tapes: (entry.tapes ?? []).map(([slot, tapes]) => [slot, by(tapes)] as const) }
        : entry,
    ),
  }
}

describe("the evidence in a record", () => {
  let run: PipelineRun
  /** By the state that it was measured in: the last window with pairs that no transition ended. */
  const windows = { blending: 0, shadowing: 0, probationary: 0 }
  beforeAll(async () => {
    const lived = await keptRun(join(folder, "kept"))
    ;({ run } = lived)
    expect(lived.states).toEqual([
      "germinated",
      "training",
      "blending",
      "shadowing",
      "probationary",
      "fossilized",
    ])
    let state: string = "dormant"
    for (const entry of run.entries) {
      if (entry.type !== "window") continue
      const hasPairs = (entry.tapes ?? []).some(([, { pairs }]) => pairs !== null)
      if (hasPairs && entry.moves.length === 0 && state in windows)
        windows[state as keyof typeof windows] = entry.boundary
      state = entry.moves.at(-1)?.to ?? state
    }
  })

  it("is the same in every window when it is made again from its pairs and mirrors", () => {
    const { differentFrom, evidence } = replayPipeline(run)
    expect([differentFrom, evidence?.different]).toEqual([null, null])
    expect(evidence?.pairs).toBeGreaterThan(200)
    expect(evidence?.compared).toBeGreaterThan(100)
    const told = whyText([{ repeated: replayPipeline(run), stories: [] }], WHOLE)
    expect(told).toMatch(
      /Made again from \d+ pairs and \d+ mirrors: the evidence is the same in every window/,
    )
  })

  it.each(["blending", "shadowing", "probationary"] as const)(
    "is found where a ratio was changed in %s",
    (state) => {
      const boundary = windows[state]
      expect(boundary).toBeGreaterThan(0)
      const other = changed(run, boundary, ({ pairs, compared }) => ({
        pairs: pairs === null ? null : { ...pairs, ratios: pairs.ratios.with(0, pairs.ratios[0] + 0.01) },
        compared,
      }))
      const { differentFrom, evidence } = replayPipeline(other)
      // Transitions follow from the figures, which are as they were.
      expect(differentFrom).toBeNull()
      expect(evidence?.different).toMatchObject({ boundary, slot: "search" })
      expect(whyText([{ repeated: replayPipeline(other), stories: [] }], WHOLE)).toMatch(
        new RegExp(`Window ${boundary}: \\w+ of search is recorded as .*The record was changed`),
      )
    },
  )

  it.each(["blending", "shadowing", "probationary"] as const)(
    "is found where it was changed itself in %s",
    (state) => {
      for (const figure of ["latencyWorse", "errorsWorse", "costWorse"]) {
        const entries = run.entries.map((entry) =>
          entry.type === "window" && entry.boundary === windows[state]
            ? {
                ...entry,
                figures: entry.figures.map(
                  ([slot, all]) => [slot, { ...all, [figure]: Number(all[figure]) * 1.001 }] as const,
                ),
              }
            : entry,
        )
        const { differentFrom, evidence } = replayPipeline({ ...run, entries })
        expect(differentFrom).toBeNull()
        expect(evidence?.different).toMatchObject({ boundary: windows[state], slot: "search", figure })
      }
    },
  )

  it("is found where a mirror's outcome was changed, or a pair left out", () => {
    const disagreed = changed(run, windows.shadowing, ({ pairs, compared }) => ({
      pairs,
      compared: compared === null ? null : { ...compared, runs: [0, 1, ...compared.runs] },
    }))
    expect(replayPipeline(disagreed).evidence?.different?.boundary).toBe(windows.shadowing)
    const without = changed(run, windows.probationary, ({ pairs, compared }) => ({
      pairs: pairs === null ? null : { runs: pairs.runs.slice(2), ratios: pairs.ratios },
      compared,
    }))
    expect(replayPipeline(without).differentFrom).toBe(windows.probationary)
    const cutOff = changed(run, windows.blending, ({ pairs, compared }) => ({
      pairs: pairs === null ? null : { ...pairs, ratios: pairs.ratios.slice(0, -1) },
      compared,
    }))
    expect(replayPipeline(cutOff).evidence?.different?.boundary).toBe(windows.blending)
  })

  it("is looked at by `arqon grow why` and by the studio before they show the record", async () => {
    const directory = join(folder, "changed")
    const keeper = pipelineKeeper(directory)
    await keeper.open(run.inputs)
    const other = changed(run, windows.blending, ({ pairs, compared }) => ({
      pairs: pairs === null ? null : { ...pairs, ratios: pairs.ratios.with(0, 1) },
      compared,
    }))
    for (const entry of other.entries) void keeper.record(entry)
    await keeper.close()
    await expect(growWhyCommand({ directory, socket: "search", json: true })).resolves.toBe(EXIT.differs)
    expect(() => pipelinesIn(directory)).toThrow(`does not repeat its record at window ${windows.blending}`)
    const whole = join(folder, "kept")
    await expect(growWhyCommand({ directory: whole, socket: "search", json: true })).resolves.toBe(EXIT.ok)
    expect(pipelinesIn(whole).pipelines).toHaveLength(1)
  })

  it("is not known of a record without pairs, and its transitions are repeated all the same", () => {
    const entries = run.entries.map((entry) => {
      if (entry.type !== "window") return entry
      const { tapes: _, ...before } = entry
      return before
    })
    const { version: _, ...inputs } = run.inputs
    const repeated = replayPipeline({ inputs, entries })
    expect([repeated.differentFrom, repeated.evidence]).toEqual([null, null])
    expect(whyText([{ repeated, stories: [] }], WHOLE)).toContain("cannot be made again")
  })
})

describe("what is told of a candidate that was taken out", () => {
  let run: PipelineRun
  let culled = 0
  beforeAll(async () => {
    ;({ run } = await keptRun(join(folder, "slow"), 40))
    culled = run.entries.reduce(
      (found, entry) =>
        entry.type === "window" && entry.moves.some(({ to }) => to === "culled") ? entry.boundary : found,
      0,
    )
    expect(culled).toBeGreaterThan(0)
    expect(repeatsItself(replayPipeline(run))).toBe(true)
  })
  type Piece = WindowEntry["pieces"][number]
  const withPiece = (by: (piece: Piece) => Piece): PipelineRun =>
    rewritten(run, (entry) =>
      entry.boundary === culled ? { ...entry, pieces: entry.pieces.map(by) } : entry,
    )

  it.each(["pairs", "effect", "worse", "within", "standardError", "margin"] as const)(
    "is compared with its pairs: %s",
    (figure) => {
      const changed = withPiece((piece) => ({
        ...piece,
        channels: piece.channels.map((one) =>
          one.channel === "latency" ? { ...one, [figure]: one[figure] + 1 } : one,
        ),
      }))
      const repeated = replayPipeline(changed)
      expect(repeated.evidence?.different).toMatchObject({ boundary: culled, figure: `latency ${figure}` })
      expect(whyText([{ repeated, stories: [] }], WHOLE)).toContain(
        `Window ${culled}: latency ${figure} of search`,
      )
    },
  )

  it("is compared with its mirrors, and with the channels that were measured", () => {
    const figuresIn = (by: (piece: Piece) => Piece): string | undefined =>
      replayPipeline(withPiece(by)).evidence?.different?.figure
    expect(figuresIn((piece) => ({ ...piece, compared: piece.compared + 1 }))).toBe("compared")
    expect(figuresIn((piece) => ({ ...piece, agreement: 0.5 }))).toBe("agreement")
    expect(figuresIn((piece) => ({ ...piece, channels: piece.channels.slice(1) }))).toBe("latency pairs")
    const more = (piece: Piece): Piece => ({
      ...piece,
      channels: [...piece.channels, { ...piece.channels[0], pairs: 1 }],
    })
    expect(figuresIn(more)).toBe("number of channels")
  })

  it("is compared with its transitions", () => {
    const found = (by: (piece: Piece) => Piece): string =>
      whyText([{ repeated: replayPipeline(withPiece(by)), stories: [] }], WHOLE)
    for (const other of [
      { state: "blending" },
      { cause: "no reason" },
      { candidate: "another" },
      { paused: "why not" },
      { embargo: 3 },
      { verdicts: [] },
    ] as ReadonlyArray<Partial<Piece>>)
      expect(found((piece) => ({ ...piece, ...other }))).toContain(
        `Window ${culled} shows another ${Object.keys(other)[0]} of search than its transitions come to. The record`,
      )
    const hidden = rewritten(run, (entry) => (entry.boundary === culled ? { ...entry, pieces: [] } : entry))
    expect(replayPipeline(hidden)).toMatchObject({
      differentFrom: culled,
      what: "does not show every socket",
    })
  })
})

describe("a record that lacks something", () => {
  let run: PipelineRun
  beforeAll(() => {
    run = readPipelineRecord(join(folder, "slow")).runs[0]
  })

  it("differs from the window that was taken out", () => {
    const windows = run.entries.flatMap((entry) => (entry.type === "window" ? [entry] : []))
    // The end of a record is in no other one.
    for (const { boundary } of windows.slice(0, -1)) {
      const without = rewritten(run, (entry) => (entry.boundary === boundary ? null : entry))
      expect(replayPipeline(without)).toMatchObject({ differentFrom: boundary })
      expect(replayPipeline(without).what).toMatch(/^is missing: a candidate was tried then/)
    }
  })

  it("differs where a window stands twice or in another place, or is of a time that never was", () => {
    const [first] = run.entries.flatMap((entry) => (entry.type === "window" ? [entry] : []))
    expect(replayPipeline({ ...run, entries: [...run.entries.slice(0, -1), first] })).toMatchObject({
      differentFrom: first.boundary,
      what: "stands behind a later one, and windows follow one another",
    })
    const later = { ...first, boundary: 9e15 }
    expect(replayPipeline({ ...run, entries: [later] }).differentFrom).toBe(9e15)
  })

  it("differs where the pairs of every window were taken out, or a figure", () => {
    const without = rewritten(run, ({ tapes, ...entry }) => {
      void tapes
      return entry
    })
    const repeated = replayPipeline(without)
    expect(repeatsItself(repeated)).toBe(false)
    expect(whyText([{ repeated, stories: [] }], WHOLE)).toMatch(/has no pairs and mirrors, and every window/)
    const unsaid = rewritten(run, (entry) => ({
      ...entry,
      figures: entry.figures.map(
        ([slot, figures]) => [slot, { ...figures, errorsWorse: undefined }] as const,
      ),
      moves: [],
    }))
    expect(repeatsItself(replayPipeline(unsaid))).toBe(false)
  })

  it("differs where pairs, ratios or a critical event were put in", () => {
    const tape = { runs: [4, 1], ratios: Float64Array.of(0.1) }
    const early = rewritten(run, (entry) => ({
      ...entry,
      tapes: [["search", { pairs: tape, compared: null }]] as const,
    }))
    expect(replayPipeline(early).what).toBe("has pairs or mirrors of search, where nothing was compared")
    const more = rewritten(run, (entry) => ({
      ...entry,
      tapes: (entry.tapes ?? []).map(([slot, { pairs, compared }]) => {
        const ratios = pairs === null ? [] : [...pairs.ratios, 1]
        return [
          slot,
          { pairs: pairs === null ? null : { ...pairs, ratios: Float64Array.from(ratios) }, compared },
        ]
      }),
    }))
    expect(replayPipeline(more).what).toBe("has more ratios of search than its pairs")
    const fault = { type: "fault", after: -1, slot: "search", what: "9 critical events" } as const
    expect(replayPipeline({ ...run, entries: [fault, ...run.entries] }).what).toMatch(/^has a critical event/)
  })

  it.each([
    [{ type: "commanA" }, 'pipeline.log: record 2 is of type "commanA", which this version does not know.'],
    [
      { type: "window", tapes: [["search", { pairs: { runs: [4, 1.5], ratios: "" }, compared: null }]] },
      "pipeline.log: record 2 has a tape that is not of whole numbers.",
    ],
  ])("is refused in words: %j", async (entry, said) => {
    const directory = join(folder, said.length.toString())
    const keeper = pipelineKeeper(directory)
    await keeper.open(run.inputs)
    void keeper.record(entry as unknown as PipelineEntry)
    await keeper.close()
    expect(() => readPipelineRecord(directory)).toThrow(said)
  })
})

it("is taken from the person who answered for it where nothing may be mirrored", async () => {
  const clock = new VirtualClock()
  const host = pipelineHost({ pay: { incumbent: (n: number) => n, effects: "once", deadlineMs: 100 } })
  const gates = { ...GATES, shares: [0.5], pass: 2, pairsPerStep: 5 }
  const growth = createGrowth({ host, seed: 5, clock, state: join(folder, "once"), gates })
  const states: Array<string> = []
  growth.subscribe(({ moves }) => void states.push(...moves.map(({ to }) => to)))
  await growth.start()
  await growth.germinate("pay", { candidate: (n) => n, name: "same", why: "test" })
  const serve = async (): Promise<void> => {
    for (let n = 0; n < 50; n++) {
      host.socket("pay")(n)
      clock.spend(1)
    }
    await clock.pass(1_000)
  }
  await serve()
  await growth.waive("pay", "G1", { by: "ada", why: "read" })
  await growth.waive("pay", "G3", { by: "ada", why: "read" })
  for (let i = 0; i < 100 && !states.includes("probationary"); i++) await serve()
  await growth.stop()
  expect(states).toContain("probationary")
  const { differentFrom, evidence } = replayPipeline(readPipelineRecord(join(folder, "once")).runs[0])
  expect([differentFrom, evidence?.different]).toEqual([null, null])
})
