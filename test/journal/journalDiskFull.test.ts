/**
 * A disk that is full, or hangs, under a running engine: adaptation halts with the plant on its base, nothing is lost, and
 * when it is well again the engine goes on by itself. The record of all that is whole, and replays.
 */
import { assert, describe, it } from "@effect/vitest"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { openJournal, readJournal, replayJournal, verifyJournal } from "../../src/platform/node/index.ts"
import { type JournalDisk, nodeDisk } from "../../src/journal/disk/journalDisk.ts"
import { Engine, type EngineService } from "../../src/index.effect.ts"
import { bowl, type Knob, knobs, wobble } from "../engine/plant.ts"
import { type SmallDisk, smallDisk } from "./smallDisk.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "arqon-full-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true })),
)
const disk = (path: string) =>
  Effect.acquireRelease(
    Effect.sync(() => smallDisk(path)),
    (small: SmallDisk) => Effect.sync(small.dispose),
  )

/** Counts what is under way on a disk, so that virtual time can wait for it. */
const counted = (disk: JournalDisk): { readonly disk: JournalDisk; readonly underWay: () => number } => {
  let count = 0
  const during = async (work: Promise<void>): Promise<void> => {
    count++
    try {
      await work
    } finally {
      count--
    }
  }
  return {
    underWay: () => count,
    disk: {
      ...disk,
      write: (fd, bytes, at) => during(disk.write(fd, bytes, at)),
      sync: (fd) => during(disk.sync(fd)),
    },
  }
}

/** Lets what Node does outside of virtual time have its turn, until nothing is under way but what hangs. */
const realTurns = (underWay: () => number) =>
  Effect.promise(async () => {
    const turn = () => new Promise((resolve) => setImmediate(resolve))
    for (let quiet = 0; quiet < 5; quiet = underWay() === 0 ? quiet + 1 : 0) await turn()
  })

/** Windows of the plant until `done`; far more than it takes, and it has failed. */
const until = Effect.fn(function* (
  engine: EngineService<Knob>,
  underWay: () => number,
  done: () => Effect.Effect<boolean>,
) {
  for (let i = 0; i < 3000; i++) {
    if (yield* done()) return
    yield* TestClock.adjust(100)
    for (let j = 0; j < 5; j++)
      yield* engine.observe({ objective: bowl(engine.values) + wobble(5 * i + j, 0.01) })
    yield* realTurns(underWay)
  }
  assert.fail("it never came to pass")
})

describe("an engine whose disk is full", () => {
  it.effect("halts, keeps everything, and continues when there is room", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const small = yield* disk(join(path, "small"))
      const directory = join(small.directory, "state")
      const { disk: own, underWay } = counted(small.disk)
      const journal = yield* openJournal(directory, { disk: own, sync: "batch", compress: "none" })
      const engine = yield* Engine.make(
        { params: knobs, seed: 5, audit: { digests: true, capacity: 128 } },
        { sinks: [journal] },
      )
      const mode = Effect.map(engine.snapshot, (snapshot) => snapshot.mode)
      yield* until(engine, underWay, () => Effect.sync(() => journal.state().writtenSeq > 100))
      small.fill(20_000)
      yield* until(engine, underWay, () => Effect.map(mode, (is) => is === "safe"))
      const full = yield* engine.snapshot
      assert.strictEqual(full.safeMode?.reason, "auditQueueFull")
      assert.strictEqual(full.safeMode?.exit, "auditDrained")
      assert.deepStrictEqual(full.values, full.base)
      assert.include(full.audit.sinks[0].lastError ?? "", "ENOSPC")
      // What the disk has is whole, as far as it was acknowledged.
      assert.notStrictEqual(verifyJournal(directory).status, "damaged")
      const { writtenSeq } = journal.state()
      assert.strictEqual(readJournal(directory, { last: 1 }).records[0].seq, writtenSeq)

      small.free()
      yield* until(engine, underWay, () => Effect.map(mode, (is) => is === "adapting"))
      yield* until(engine, underWay, () => Effect.map(engine.generation, (is) => is > full.generation + 4))
      yield* Effect.all([engine.stop, TestClock.adjust("1 second")], { concurrency: 2 })

      const { records, problems } = readJournal(directory)
      assert.deepStrictEqual(problems, [])
      assert.deepStrictEqual(
        records.map(({ seq }) => seq),
        records.map((_, i) => i + 1),
      )
      assert.strictEqual(records.length, (yield* engine.snapshot).audit.written)
      assert.strictEqual(verifyJournal(directory).status, "whole")
      assert.strictEqual(replayJournal(directory).text.split(":")[0], `Run ${engine.runId} repeats itself`)
    }),
  )
})

describe("an engine whose disk hangs", () => {
  it.effect("halts when nothing more can be buffered, never blocks, and continues when it answers", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const hanging: Array<() => void> = []
      const { disk: own, underWay } = counted(nodeDisk)
      let slow = false
      const disk: JournalDisk = {
        ...own,
        write: async (fd, bytes, at) => {
          if (slow) await new Promise<void>((resolve) => hanging.push(resolve))
          await own.write(fd, bytes, at)
        },
      }
      const journal = yield* openJournal(path, { disk, compress: "none" })
      const engine = yield* Engine.make(
        { params: knobs, seed: 6, audit: { digests: true, capacity: 128 } },
        { sinks: [journal] },
      )
      const mode = Effect.map(engine.snapshot, (snapshot) => snapshot.mode)
      yield* until(engine, underWay, () => Effect.sync(() => journal.state().writtenSeq > 100))
      slow = true
      yield* until(engine, underWay, () => Effect.map(mode, (is) => is === "safe"))
      const halted = yield* engine.snapshot
      assert.strictEqual(halted.safeMode?.reason, "auditQueueFull")
      assert.deepStrictEqual(halted.values, halted.base)
      // One write hangs; whatever else waits is bounded: the sink's queue and the ring.
      assert.lengthOf(hanging, 1)
      assert.isAtMost(halted.audit.sinks[0].waiting, 1024)
      assert.isAtMost(halted.audit.waiting, 128)
      slow = false
      for (const answer of hanging) answer()
      yield* until(engine, underWay, () => Effect.map(mode, (is) => is === "adapting"))
      yield* Effect.all([engine.stop, TestClock.adjust("1 second")], { concurrency: 2 })
      const { records } = readJournal(path)
      assert.strictEqual(records.length, (yield* engine.snapshot).audit.written)
      assert.strictEqual(verifyJournal(path).status, "whole")
      assert.strictEqual(replayJournal(path).text.split(":")[0], `Run ${engine.runId} repeats itself`)
    }),
  )
})
