/** A shared study in the terminal: what is drawn, what a key does, and what stands there while the database is away. */
import * as fc from "fast-check"
import { EventEmitter } from "node:events"
import { PassThrough } from "node:stream"
import { describe, expect, it } from "vitest"
import { makeStyles } from "../../src/cli/output.ts"
import { watchStudy } from "../../src/cli/studyWatch.ts"
import { studyScreen } from "../../src/cli/tui/studyScreen.ts"
import type { Seat } from "../../src/cli/tui/View.ts"
import type { StudySource } from "../../src/cluster/study/StudyLook.ts"
import { StudyBook, trialQueryOf } from "../../src/studio/server/StudyBook.ts"
import { StudyRig } from "../studio/studyRig.ts"

const plain = makeStyles(false)

const pageOf = (source: StudySource) =>
  new StudyBook(source).page(trialQueryOf(new URLSearchParams("limit=100")))

/** Nine workers, two of which were killed. */
function rig(): StudyRig {
  const study = new StudyRig({ workers: 9, budget: 300, strategy: "random" }).run(60)
  study.killed.add(2).add(5)
  return study.run(75)
}

describe("a study on the screen", () => {
  it("is never wider or higher than the terminal, and always shows the footer", async () => {
    const page = await pageOf(rig())
    fc.assert(
      fc.property(fc.integer({ min: 30, max: 200 }), fc.integer({ min: 8, max: 80 }), (columns, rows) => {
        const lines = studyScreen({ page, leftMs: 130_000, footer: "q quit" }, columns, rows, plain)
        expect(lines.length).toBeLessThanOrEqual(rows)
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns)
        expect(lines.at(-1)).toBe("q quit")
      }),
    )
  })

  it("shows how far it is, its best point, who is lost and which trials went to another worker", async () => {
    const page = await pageOf(rig())
    const { told, best, retried, out, workers } = page
    const lines = studyScreen({ page, leftMs: 130_000, footer: "q quit" }, 110, 40, plain)
    const text = lines.join("\n")
    expect(text).toContain(`${told}/300`)
    expect(text).toContain("about 2 m 10 s left")
    expect(text).toContain(`${out} out  ${retried} retried  0 lost  0 told twice  leases of 30 s`)
    expect(text).toContain(`(trial ${best?.id}, ${best?.worker})`)
    expect(text).toContain("workers: 2 lost, 7 working")
    const first = lines.findIndex((line) => line.startsWith("workers:")) + 1
    expect(lines.slice(first, first + 9).map((line) => line.split(" ")[0])).toEqual(
      workers.map(({ worker }) => worker),
    )
    expect(lines[first]).toMatch(/^node-2-4102 +lost +told \d+ {2}lost 1 {2}seen 1 m 15 s ago$/)
    expect(text).toMatch(/#\d+ +out +codec/)
  })

  it("lets no name control the terminal", async () => {
    const page = await pageOf(rig())
    const workers = page.workers.map((one) => ({ ...one, worker: "\u001b[2J\u202e" }))
    const trials = page.trials.map((one) => ({ ...one, worker: "\u009b2J", failed: "\u0007" }))
    const lines = studyScreen(
      { page: { ...page, name: "\u001b]0;", workers, trials }, leftMs: null, footer: "" },
      90,
      40,
      plain,
    )
    for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\u202e]/u)
  })
})

/** A terminal of 100 by 40 that remembers what stands on it. */
function seat() {
  const written: Array<string> = []
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => {} })
  const stdout = Object.assign(new EventEmitter(), {
    isTTY: true,
    columns: 100,
    rows: 40,
    write: (text: string) => written.push(text),
    hasColors: () => false,
  })
  return { at: { stdin, stdout } as unknown as Seat, stdin, shown: () => written.at(-1) ?? "", written }
}

describe("watching a study", () => {
  it("draws it again as it goes on, says that the database is away, goes to the next study, and ends with q", async () => {
    const [young, old] = [
      rig(),
      new StudyRig({ name: "older", workers: 1, budget: 20, strategy: "random" }).run(30),
    ]
    const { at, stdin, shown, written } = seat()
    let away = false
    const looks: Array<string> = []
    const source: StudySource = {
      list: () => Promise.resolve([young, old].map(({ name }) => ({ name, createdMs: 0 }))),
      look: (name) => {
        if (away) return Promise.reject(new Error("the database does not answer"))
        looks.push(name)
        return (name === young.name ? young : old).look()
      },
    }
    let nowMs = 0
    const key = (keys: string) => stdin.emit("data", keys)
    const turns: ReadonlyArray<() => void> = [
      () => {
        expect(shown()).toContain("checkout-limits  random")
        expect(shown()).not.toContain(" left")
        young.run(30)
        nowMs = 30_000
      },
      () => {
        // As many again as in these thirty seconds, until all three hundred are told.
        expect(shown()).toMatch(/about \d+ m \d+ s left/)
        away = true
      },
      () => {
        expect(shown()).toContain(
          "The study checkout-limits cannot be read: the database does not answer  |  q quit",
        )
        expect(shown()).toContain("workers: 2 lost, 7 working")
        away = false
        key("\u001b[C")
      },
      () => {
        expect(shown()).toContain("older  random")
        expect(shown()).toMatch(/q quit {2}← → other study \(2 of 2\)/)
        // There is none after the last one.
        key("\u001b[C")
      },
      () => {
        expect(looks.at(-1)).toBe("older")
        key("q")
      },
    ]
    let turn = 0
    const code = await watchStudy({
      source,
      name: null,
      seat: at,
      nowMs: () => nowMs,
      pause: (_, signal) => {
        expect(signal.aborted).toBe(false)
        turns[turn++]()
        return Promise.resolve()
      },
    })
    expect([code, turn]).toEqual([0, turns.length])
    expect(written[0]).toContain("\u001b[?1049h")
    expect(shown()).toContain("\u001b[?1049l")
  })
})
