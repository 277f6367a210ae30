/**
 * What an auditor and a person on call must be able to rely on: that a knob's change is put down to what led to it, that what is taken
 * out of a journal is missed, that nothing in it instructs a terminal, and that reading a long one does not hold all of it.
 */
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { type AuditRecord, createEngine, type Window } from "../../src/index.node.ts"
import {
  readJournal,
  recordLine,
  replayJournal,
  reportText,
  tailJournal,
  timeText,
  verifyJournal,
  whatIfJournal,
  whyChanged,
} from "../../src/platform/node/index.ts"
import { plainJson, plainLines, plainText } from "../../src/system/plainText.ts"
import { walkJournal } from "../../src/journal/read/walkJournal.ts"
import { WhyChanged } from "../../src/journal/read/whyChanged.ts"
import { drive } from "../engine/plant.ts"
import { ownFolder, runInto, segmentsIn, withoutMark } from "./journalRig.ts"

const folder = ownFolder()
const EVERY_US = 20_000
const HOSTILE = "ev\u001b[2J\u009b31m\u202eil"

type Engine = ReturnType<typeof createEngine<"c" | typeof HOSTILE>>

/**
 * A run into the folder, its time from `fromUs` on; the objective is least where `c` is at e^`at`, and so much worse wherever `c` is not
 * that of the baseline.
 */
async function run(
  act: (go: (digests: number, at?: number, edge?: number) => void, engine: Engine) => void,
  options: object = {},
  fromUs = 0,
): Promise<number> {
  const engine: Engine = createEngine<"c" | typeof HOSTILE>({
    params: { c: { min: 1, max: 256, scale: "log", step: 1, initial: 16 }, [HOSTILE]: { min: 0, max: 1 } },
    seed: 7,
    clock: "manual",
    guardrails: "aggressive",
    state: folder.path,
    ...options,
  })
  await engine.start()
  let nowUs = fromUs
  const go = (digests: number, at = 4, edge = 0): void => {
    for (let k = 0; k < digests; k++) {
      nowUs += EVERY_US
      engine.tick(nowUs)
      const { c } = engine.values
      const worse = c === engine.getSnapshot().baseline?.c ? 0 : edge
      engine.observe({ timestampUs: nowUs, objective: (Math.log(c) - at) ** 2 + worse })
    }
  }
  act(go, engine)
  await engine.stop()
  return nowUs
}

describe("why a knob changed", () => {
  it("is explained by the verdict that led to a rollback, with its numbers", async () => {
    // Downhill leads away from a baseline that is better than all around it.
    await run(
      (go, engine) => {
        go(400, 2)
        engine.setBaseline()
        go(3000, 5, 100)
      },
      // Alone: the guard and a tuner that proves its gain would go home before it has its verdict.
      { comparison: {}, guard: false, gains: { prove: false } },
    )
    const verdict = readJournal(folder.path, { kinds: ["verdict"] }).records.find(
      ({ action }) => action === "fail",
    )
    const change = whyChanged(folder.path, "c", verdict?.atUs ?? 0)
    expect(change).toMatchObject({ action: "rollback", atUs: verdict?.atUs })
    expect(change?.causes.at(-1)).toEqual(verdict)
    expect(change?.text).toContain(`before it: verdict fail ${verdict?.reason}: `)
    expect(change?.text).toMatch(/ against [\d.e+]+, difference -?[\d.e+-]+ \(record \d+\)/)
    // Verdicts that let it be explain nothing.
    expect(change?.causes.filter(({ action }) => action === "hold" || action === "pass")).toEqual([])
    expect(recordLine(verdict ?? never())).toMatch(
      /verdict {2}g\d+ {2}fail {2}\w+ {2}[\d.e+]+ against [\d.]+/,
    )
  })

  it("is explained with its outcome if a person was needed", async () => {
    let demandedUs = 0
    const endUs = await run(
      (go, engine) => {
        engine.audit.subscribe(({ kind, atUs }) => {
          if (kind === "resetDemanded") demandedUs = atUs
        })
        go(400, 2)
        engine.observe({ timestampUs: engine.nowUs + EVERY_US, objective: 1, constraintMargin: -2 })
        go(20, 2)
        engine.reset()
        go(400, 2)
      },
      { guardrails: { preset: "aggressive", rollbacksPerHour: 0, cooldownUs: 0 } },
    )
    const change = whyChanged(folder.path, "c", demandedUs) ?? never()
    expect(change.demanded).toMatchObject({ kind: "resetDemanded", atUs: demandedUs })
    expect(change.text).toContain(
      `  after it: SafeMode (constraintEmergency) asked for a person's reset (record ${change.demanded?.seq})`,
    )
    // What came later has its own reasons.
    const later = whyChanged(folder.path, "c", endUs)
    expect(later).toMatchObject({ demanded: null })
    expect(later?.text).not.toContain("asked for a person")
  })

  it("is explained as the end of a visit to the baseline, with the readings of both sides", async () => {
    const windows: Array<Window> = []
    await run(
      (go, engine) => {
        engine.windows$.subscribe((window) => void windows.push(window))
        go(400, 2)
        engine.setBaseline()
        go(1500, 5)
      },
      { comparison: {} },
    )
    const { records } = readJournal(folder.path, { kinds: ["apply", "rollback"] })
    const ends = new Set<string>()
    for (const [i, visit] of records.entries()) {
      const back = records[i + 1] as AuditRecord | undefined
      if (visit.action !== "visitBaseline" || back?.action !== "returnToBase") continue
      const change = whyChanged(folder.path, "c", back.atUs) ?? never()
      // Another proposal may have gone out at the same moment.
      if (change.seq !== back.seq) continue
      expect(change).toMatchObject({
        action: "returnToBase",
        proposal: { action: "returnToBase" },
        causes: [],
      })
      expect(change.windows.map(({ side }) => side)).toContain("baseline")
      for (const { generation, objective, value, side } of change.windows) {
        expect(objective).toBe(windows.find((one) => one.generation === generation)?.objective)
        const shown = records.find((one) => one.generation === generation)
        expect(value).toBe(shown?.values?.["c"])
        expect(shown?.action).toBe(side === "baseline" ? "visitBaseline" : "returnToBase")
      }
      const read = change.windows.length === 2 ? "both were measured" : "the base is next"
      expect(change.text).toContain(`because the visit to the baseline ended: ${read}.`)
      expect(change.text).toMatch(/read: baseline, generation \d+, c \d+: objective [\d.]+ over 5 digests/)
      ends.add(read)
    }
    // A coin puts one of the two first.
    expect([...ends].toSorted()).toEqual(["both were measured", "the base is next"])
  })

  it("is explained as a visit cut short if a person ended it", async () => {
    await run(
      (go, engine) => {
        go(400, 2)
        engine.setBaseline()
        const visiting = (): boolean => engine.audit.records().at(-1)?.action === "visitBaseline"
        for (let k = 0; k < 3000 && !visiting(); k++) go(1, 5)
        engine.trip("a look")
      },
      { comparison: {} },
    )
    const change = whyChanged(folder.path, "c", 1e12)
    expect(change).toMatchObject({ action: "returnToBase", left: "baseline", proposal: null, windows: [] })
    expect(change?.text).toContain("because a visit to the baseline was cut short.")
  })

  it("is the last move of the base if no time is given, whatever was measured since", async () => {
    const bases: Array<number> = []
    await run((go, engine) => {
      engine.subscribe(({ base }) => {
        if (base.c !== bases.at(-1)) bases.push(base.c)
      })
      go(1203)
      engine.trip("a look")
    })
    const change = whyChanged(folder.path, "c", null) ?? never()
    expect(bases.length).toBeGreaterThan(3)
    expect(change).toMatchObject({ action: "update", base: { from: bases.at(-2), to: bases.at(-1) } })
    expect(change.windows.map(({ side }) => side)).toEqual(["plus", "minus"])
    expect(change.text).toContain(
      `The base of c went from ${bases.at(-2)} to ${bases.at(-1)} at ${timeText(change.atUs)}, by what was measured on both sides of it.`,
    )
    // Later the plant went to and fro around it.
    expect(whyChanged(folder.path, "c", 1e12)?.seq).toBeGreaterThan(change.seq)
  })

  it("names no move if a measured pair did not move the base", async () => {
    // Nothing to learn anywhere: what is measured on both sides is the same.
    await run((go) => go(200), { params: { c: { min: 1, max: 2, step: 1 }, [HOSTILE]: { min: 0, max: 1 } } })
    const updates = readJournal(folder.path, { kinds: ["apply"] }).records.filter(
      ({ action }) => action === "update",
    )
    const told = updates.map(({ atUs }) => whyChanged(folder.path, "c", atUs) ?? never())
    const stayed = told.filter(({ action, base }) => action === "update" && base.from === base.to)
    expect(stayed.length).toBeGreaterThan(0)
    for (const { text } of stayed)
      expect(text).toContain("because both sides of the base were measured, and it stayed.")
  })

  it("is explained with the note of the person who rolled back", async () => {
    await run((go, engine) => {
      go(400)
      engine.setBaseline()
      go(407, 1)
      engine.rollback("rollback by ann: too slow")
    })
    const { text, causes } = whyChanged(folder.path, "c", 1e12) ?? never()
    expect(causes.map(({ kind, action }) => [kind, action])).toEqual([["command", "rollback"]])
    expect(text).toContain('said with it: "rollback by ann: too slow"')
    expect(readJournal(folder.path, { note: "BY ANN" }).records.map(({ kind }) => kind)).toEqual(["rollback"])
  })

  it("is explained by a start elsewhere than the last engine's end", async () => {
    const endUs = await run((go, engine) => {
      go(400)
      engine.setBaseline()
      go(410, 1)
    })
    const left = readJournal(folder.path, { last: 1 }).records[0].values?.["c"]
    await run(() => {}, { resume: false }, endUs)
    const starts = readJournal(folder.path, { kinds: ["engineStarted"] }).records
    // A manual clock begins at 0 again, and much happens at that moment: what is asked for is the start of it.
    const why = new WhyChanged("c", 0)
    let runs = 0
    walkJournal(folder.path, (item) => {
      if (item.words().kind === "engineStarted") runs++
      if (runs < 2 || item.words().seq === 1) why.take(item)
    })
    const change = why.result()
    const to = starts[1].values?.["c"]
    expect(to).not.toBe(left)
    expect(change).toMatchObject({ action: "start", from: left, to, seq: 1, windows: [], proposal: null })
    expect(change?.text).toMatch(
      /because an engine was started\.\n {2}it began there: it took nothing from an earlier run/,
    )
    // Two runs of one name are two: what the second starts with is told of as its start, not as an apply of the first.
    expect(readJournal(folder.path, { knob: "c" }).records.map(({ kind }) => kind)).toContain("engineStarted")
    expect(
      readJournal(folder.path, { knob: "c" }).records.filter(({ kind }) => kind === "engineStarted"),
    ).toHaveLength(1)
  })

  it("is explained by the variant on trial, at each step there", async () => {
    const variant = (name: string, state: "promoted" | "approved", values: Record<string, number>) =>
      ({
        name,
        version: 1,
        state,
        values,
        constraints: [],
        rollback: { to: "previous", afterBreaches: 1, quarantineUs: 60_000_000 },
      }) as const
    await run(
      (go, engine) => {
        engine.relocation.offer([variant("small", "promoted", {}), variant("large", "approved", { c: 200 })])
        go(1500)
      },
      { variants: { cooldownUs: 1_000_000 } },
    )
    const { records } = readJournal(folder.path)
    const switched = records.find(
      ({ kind, note }) => kind === "variant" && note?.includes('"to":"large"') === true,
    )
    const steps = records.filter(
      ({ kind, proposal, seq }) =>
        kind === "relocation" && proposal !== undefined && seq > (switched?.seq ?? never()),
    )
    // A first step may ask for where the base is: that changes nothing.
    const changes = steps.flatMap((step) => {
      const apply = records.find(({ kind, proposal }) => kind === "apply" && proposal === step.proposal)
      const change = whyChanged(folder.path, "c", apply?.atUs ?? never()) ?? never()
      return change.seq === apply?.seq ? [{ step, change }] : []
    })
    expect(changes.length).toBeGreaterThan(2)
    const [{ step, change }] = changes
    expect(change.causes).toEqual([switched, step])
    expect(change.windows).toEqual([])
    expect(change.text).toContain("because the base moved to try another variant.")
    expect(change.text).toContain('\\"to\\":\\"large\\"')
    // The switch is told of at every step, however many lie between.
    for (const { change: later, step: at } of changes.slice(1)) {
      expect(later.causes.map(({ kind }) => kind)).toEqual(["variant", "relocation"])
      expect(later.causes[1]).toEqual(at)
    }
  })

  it("is the change nearest to the time if a later run's clock started over", async () => {
    await run((go) => go(600))
    const [, last] = readJournal(folder.path, { knob: "c", last: 2 }).records
    await run((go) => go(20))
    expect(whyChanged(folder.path, "c", last.atUs)).toMatchObject({ seq: last.seq, atUs: last.atUs })
  })
})

describe("a check", () => {
  const segmented = { segmentBytes: 20_000, compress: "none" } as const
  const many = (): Promise<unknown> =>
    runInto(folder.path, (engine) => void drive(engine, { digests: 1200 }), segmented)

  it("against a saved head passes only if the journal has only grown", async () => {
    await run((go) => go(100))
    const { head, records } = verifyJournal(folder.path)
    expect(verifyJournal(folder.path, { head: head ?? "" })).toMatchObject({
      status: "whole",
      passed: { seq: records, after: 0 },
    })
    await run((go) => go(100))
    const grown = verifyJournal(folder.path, { head: head ?? "" })
    expect(grown).toMatchObject({ status: "whole", headDiffers: false })
    expect(grown.passed).toEqual({ run: "manual-7", seq: records, after: grown.records - records })
    expect(reportText(grown)).toContain(
      `after record ${records} of run manual-7; ${grown.records - records} records follow`,
    )
    const other = "0".repeat(64)
    expect(verifyJournal(folder.path, { head: other })).toMatchObject({
      status: "damaged",
      headDiffers: true,
    })
    // Cut off behind, at a frame: whole by itself, and not what was noted.
    const late = verifyJournal(folder.path).head ?? ""
    withoutMark(folder.path)
    rmSync(join(folder.path, segmentsIn(folder.path).at(-1) ?? ""))
    expect(verifyJournal(folder.path)).toMatchObject({ status: "whole" })
    expect(verifyJournal(folder.path, { head: late })).toMatchObject({ status: "damaged" })
    expect(verifyJournal(folder.path, { head: head ?? "" })).toMatchObject({ status: "whole" })
  })

  it("finds a head at the boundary if the segments before it were removed as old", async () => {
    await many()
    const [first, second] = readJournal(folder.path).runs[0].segments
    const copy = readFileSync(join(folder.path, second.file))
    rmSync(join(folder.path, second.file))
    for (const { file } of readJournal(folder.path).runs[0].segments.slice(1)) rmSync(join(folder.path, file))
    const head = verifyJournal(folder.path).head ?? ""
    writeFileSync(join(folder.path, second.file), copy)
    rmSync(join(folder.path, first.file))
    expect(verifyJournal(folder.path, { head })).toMatchObject({
      headDiffers: false,
      passed: { seq: first.lastSeq },
    })
  })

  it("reports a missing last segment if the one before announces it", async () => {
    await many()
    withoutMark(folder.path)
    const files = segmentsIn(folder.path)
    expect(verifyJournal(folder.path).status).toBe("whole")
    rmSync(join(folder.path, files.at(-1) ?? ""))
    const report = verifyJournal(folder.path)
    expect(report.status).toBe("torn")
    expect(report.problems).toMatchObject([{ kind: "unfollowed", file: files.at(-2) }])
    // Not where it is there after all, empty: made, and not written to yet.
    writeFileSync(join(folder.path, files.at(-1) ?? ""), "")
    expect(verifyJournal(folder.path).problems.map(({ kind }) => kind)).toEqual(["unfollowed"])
  })

  it("detects every other arrangement of segments", async () => {
    await many()
    const files = segmentsIn(folder.path)
    const bytes = files.map((file) => readFileSync(join(folder.path, file)))
    const put = (order: ReadonlyArray<Buffer>): void =>
      files.forEach((file, i) =>
        order[i] === undefined
          ? rmSync(join(folder.path, file), { force: true })
          : writeFileSync(join(folder.path, file), order[i]),
      )
    const statusOf = (order: ReadonlyArray<Buffer>): string => {
      put(order)
      return verifyJournal(folder.path).status
    }
    const [a, b, c, ...rest] = bytes
    expect(statusOf(bytes)).toBe("whole")
    expect(statusOf([a, c, b, ...rest])).toBe("damaged")
    expect(statusOf([a, c, ...rest])).toBe("damaged")
    expect(statusOf([a, b, b, c])).toBe("damaged")
    expect(statusOf([b, a, c, ...rest])).toBe("damaged")
    // The very same run once more, and another run's segment, each whole by itself.
    put(bytes)
    copyFileSync(join(folder.path, files[0]), join(folder.path, "journal-00000900.arqj"))
    expect(verifyJournal(folder.path).problems).toMatchObject([
      { kind: "broken", file: "journal-00000900.arqj" },
      { kind: "unfollowed", file: "journal-00000900.arqj" },
    ])
  })
})

describe("what a journal holds", () => {
  it("never controls a terminal, in whatever form it is shown", async () => {
    await run((go, engine) => {
      go(400)
      engine.trip(HOSTILE)
    })
    const { records } = readJournal(folder.path)
    const shown = [
      reportText(verifyJournal(folder.path)),
      whyChanged(folder.path, HOSTILE, 1e12)?.text ?? never(),
      whyChanged(folder.path, "c", 1e12)?.text ?? never(),
      replayJournal(folder.path).text,
      replayJournal(folder.path, { run: HOSTILE }).text,
      whatIfJournal(folder.path, { guardrails: "conservative" }).text,
      whatIfJournal(folder.path, { seed: -1 }).text,
      ...records.map(recordLine),
      ...records.map(plainJson),
    ]
    for (const text of shown) expect(plainLines(text)).toBe(text)
    expect(records.map((record) => JSON.parse(plainJson(record)) as unknown)).toEqual(
      JSON.parse(JSON.stringify(records)),
    )
    expect(plainText("a\nb")).not.toContain("\n")
  })
})

describe("a what-if", () => {
  it("changes part of an option, keeps the rest as recorded, and states the old value", async () => {
    await run((go) => go(400), { window: { digests: 5, settleUs: 40_000 } })
    const part = whatIfJournal(folder.path, { "window.digests": 9, "guardrails.maxStep": 0.01 })
    const whole = whatIfJournal(folder.path, {
      window: { digests: 9, settleUs: 40_000 },
      guardrails: { preset: "aggressive", maxStep: 0.01 },
    })
    expect(part.reason).toBeNull()
    expect(part.replayed).toEqual(whole.replayed)
    expect(part.replayed).not.toEqual(part.recorded)
    expect(part.text).toMatch(
      /^ {2}window \{"digests":9,.*"settleUs":40000.*\} instead of \{"digests":5,.*"settleUs":40000/m,
    )
    expect(part.text).toContain('instead of "aggressive"')
    expect(whatIfJournal(folder.path, { "window.digest": 9 }).text).toContain("digests")
  })
})

describe("following a long journal", () => {
  it("reads only its end, and reports what it skips as unreadable", async () => {
    await runInto(folder.path, (engine) => void drive(engine, { digests: 1200 }), {
      segmentBytes: 20_000,
      compress: "none",
    })
    const files = segmentsIn(folder.path)
    expect(files.length).toBeGreaterThan(4)
    // Were the first of them read at all, it would be told of.
    for (const at of [0, files.length - 2]) {
      writeFileSync(join(folder.path, `${files[at]}.zst`), "no archive")
      rmSync(join(folder.path, files[at]))
    }
    const { records } = readJournal(folder.path)
    const follow = async (
      options: object,
      until: number,
    ): Promise<[ReadonlyArray<number>, ReadonlyArray<string>]> => {
      const ending = new AbortController()
      const skipped: Array<string> = []
      const seqs: Array<number> = []
      const onSkipped = (problem: string): void => void skipped.push(problem)
      for await (const { seq } of tailJournal(folder.path, {
        ...options,
        signal: ending.signal,
        pollMs: 1,
        onSkipped,
      })) {
        seqs.push(seq)
        if (seqs.length === until) ending.abort()
      }
      return [seqs, skipped]
    }
    const [some, nothing] = await follow({ last: 5 }, 5)
    expect(some).toEqual(records.slice(-5).map(({ seq }) => seq))
    expect(nothing).toEqual([])
    const [all, told] = await follow({}, records.length)
    expect(all).toEqual(records.map(({ seq }) => seq))
    expect(told).toEqual([
      expect.stringContaining(`${files[0]}.zst cannot be read`),
      expect.stringContaining(`${files.at(-2)}.zst cannot be read`),
    ])
  })
})

function never(): never {
  throw new Error("nothing was found")
}
