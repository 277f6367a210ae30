/**
 * A state directory belongs to one engine, wherever it runs, and to one user. POSIX drops a process's lock on a file as soon as any part
 * of that process closes the file, so whatever of our own reads in the directory must leave the lock's database alone.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readdirSync, statSync } from "node:fs"
import { basename, join } from "node:path"
import { runPromise as run } from "effect/Effect"
import { afterEach, describe, expect, it, vi } from "vitest"
import { createEngine } from "../../src/index.node.ts"
import {
  exportJournal,
  lastStanding,
  openJsonLines,
  openSqlite,
  openSqliteVariants,
  readJournal,
  replayJournal,
  tailJournal,
  verifyJournal,
  whyChanged,
} from "../../src/platform/node/index.ts"
import { main } from "../../src/cli/arqon.ts"
import { learnedFile } from "../../src/journal/disk/learnedFile.ts"
import { drive, type Knob, knobs } from "../engine/plant.ts"
import { ownFolder } from "./journalRig.ts"

const folder = ownFolder()
const after: Array<() => Promise<unknown>> = []
afterEach(async () => {
  for (const undo of after.splice(0).toReversed()) await undo()
})

const made = (options: object = {}) =>
  createEngine<Knob>({ params: knobs, seed: 42, clock: "manual", state: folder.in("state"), ...options })

/** Begun, and stopped after the test. */
async function begun(options: object = {}) {
  const engine = made(options)
  await engine.start()
  after.push(() => engine.stop())
  return engine
}

/** What another process hears that wants the directory. */
async function stranger(): Promise<string> {
  const racer = join(import.meta.dirname, "../system/lockRacer.ts")
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", racer, join(folder.in("state"), "journal")],
    { stdio: ["pipe", "pipe", "inherit"] },
  )
  const [answer] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string]
  const closed = once(child, "close")
  child.stdin.end()
  await closed
  return answer.trim()
}

describe("a state directory", () => {
  it("stays locked whatever else reads it in the same process", async () => {
    const engine = await begun({ journal: { sync: "batch", segmentBytes: 20_000 }, homeostasis: {} })
    drive(engine, { digests: 400 })
    engine.setBaseline()
    drive(engine, { digests: 100, from: 400 })
    const state = folder.in("state")
    await vi.waitUntil(() => readJournal(state).records.length > 100, { timeout: 150_000 })
    const write = vi.spyOn(process.stdout, "write").mockReturnValue(true)
    try {
      for (const [one, ...more] of ["audit verify", "audit show", "replay"].map((words) => words.split(" ")))
        await main([one, ...more, state])
    } finally {
      write.mockRestore()
    }
    process.exitCode = undefined
    for (const look of [lastStanding, readJournal, verifyJournal, replayJournal]) look(state)
    exportJournal(state, () => {})
    whyChanged(state, "batch", 400)
    for await (const _ of tailJournal(state)) break
    made()
    await expect(made().start()).rejects.toThrow("holds it")
    await expect(made({ placement: "worker", clock: "system" }).start()).rejects.toThrow("holds it")
    expect(await stranger()).toContain(`an engine in ${basename(process.argv[1])} (process ${process.pid} on`)
  })

  it.each([
    ["in this thread", {}],
    ["in a worker", { placement: "worker", clock: "system" }],
  ])("of an engine %s is refused to every other engine of the process, and free after it", async (_, how) => {
    const engine = made(how)
    await engine.start()
    for (const other of [{}, { placement: "worker", clock: "system" }]) {
      await expect(made(other).start()).rejects.toMatchObject({
        _tag: "AuditError",
        reason: "open",
        message: expect.stringMatching(/^.*an engine in .*holds it\. .*state directory of its own\.$/),
      })
    }
    expect(await stranger()).toContain("lost")
    await engine.stop()
    expect(await stranger()).toBe("won")
  })

  it("and its files are accessible to its owner alone", async () => {
    const state = folder.in("deep/state")
    const sinks = [await run(openJsonLines(state, "r")), await run(openSqlite(join(state, "audit.db")))]
    const variants = await run(openSqliteVariants(state))
    await run(learnedFile(state).write("{}"))
    const engine = made({ state, sinks, journal: { sync: "batch", segmentBytes: 4000 } })
    await engine.start()
    for (let from = 0; from < 1000; from += 100) {
      drive(engine, { digests: 100, from })
      await expect.poll(() => engine.audit.state().sinks.every(({ waiting }) => waiting === 0)).toBe(true)
    }
    const open = modesIn(state)
    await engine.stop()
    const closed = modesIn(state)
    await run(variants.close)
    expect(Object.keys({ ...open, ...closed }).map((name) => name.replace(/\d{8}/, "1"))).toEqual(
      expect.arrayContaining([
        "audit-r.jsonl",
        "audit.db",
        "audit.db-shm",
        "audit.db-wal",
        "learned.json",
        "variants.db",
        "journal-1.arqj",
        "journal-1.arqj.zst",
        "journal.lock",
        "journal.lock.json",
      ]),
    )
    for (const modes of [open, closed]) expect(new Set(Object.values(modes))).toEqual(new Set([0o600]))
    for (const made of [folder.in("deep"), state]) expect(statSync(made).mode & 0o777).toBe(0o700)
  })
})

const modesIn = (directory: string): Readonly<Record<string, number>> =>
  Object.fromEntries(
    readdirSync(directory).map((name) => [name, statSync(join(directory, name)).mode & 0o777]),
  )
