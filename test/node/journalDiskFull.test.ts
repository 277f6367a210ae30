/**
 * A disk that is full under a running engine: adaptation halts with the plant on its base, nothing is lost, and when there is
 * room again the engine goes on by itself. The record of all that is whole, and replays.
 */
import { assert, describe, it } from "@effect/vitest"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { openJournal, readJournal, replayJournal, verifyJournal } from "../../src/node/index.ts"
import { Engine, type EngineService } from "../../src/runtime/index.ts"
import { bowl, type Knob, knobs, wobble } from "../runtime/plant.ts"
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

/** Lets what Node does outside of virtual time (writing, syncing) have its turn. */
const realTurns = Effect.promise(async () => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
})

/** Windows of the plant until `done`, at most so many. */
const until = Effect.fn(function* (
  engine: EngineService<Knob>,
  most: number,
  done: () => Effect.Effect<boolean>,
) {
  for (let i = 0; i < most; i++) {
    if (yield* done()) return
    yield* TestClock.adjust(100)
    for (let j = 0; j < 5; j++)
      yield* engine.observe({ objective: bowl(engine.values) + wobble(5 * i + j, 0.01) })
    yield* realTurns
  }
  assert.fail("it never came to pass")
})

describe("an engine whose disk is full", () => {
  it.effect("halts, keeps everything, and goes on when there is room", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const small = yield* disk(join(path, "small"))
      const directory = join(small.directory, "state")
      const journal = yield* openJournal(directory, { disk: small.disk, sync: "batch", compress: "none" })
      const engine = yield* Engine.make(
        { params: knobs, seed: 5, audit: { digests: true, capacity: 128 } },
        { sinks: [journal] },
      )
      const mode = Effect.map(engine.snapshot, (snapshot) => snapshot.mode)
      yield* until(engine, 50, () => Effect.sync(() => journal.state().writtenSeq > 100))
      small.fill(20_000)
      yield* until(engine, 2000, () => Effect.map(mode, (is) => is === "safe"))
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
      yield* until(engine, 200, () => Effect.map(mode, (is) => is === "adapting"))
      yield* until(engine, 50, () => Effect.map(engine.generation, (is) => is > full.generation + 4))
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
