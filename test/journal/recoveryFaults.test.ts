/**
 * What comes after a kill, a damaged journal, a disk that is full or read-only, another process: over real files, processes
 * and file systems, the plant on its baseline, the engine resuming or frozen with a reason.
 */
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { afterEach, describe, expect, it } from "vitest"
import type { ArqonEngine, EngineOptions } from "../../src/index.ts"
import { createEngine } from "../../src/index.node.ts"
import { requireEngineConfig } from "../../src/domain/Config.ts"
import { readJournal, recordLine, replayJournal, verifyJournal } from "../../src/platform/node/index.ts"
import { type JournalDisk, nodeDisk } from "../../src/journal/disk/journalDisk.ts"
import { nodePlatform } from "../../src/platform/node/nodePlatform.ts"
import { recover } from "../../src/journal/disk/recover.ts"
import { openStateJournal } from "../../src/journal/disk/stateJournal.ts"
import { createEngineOn } from "../../src/engine/createEngine.ts"
import { scanSegment } from "../../src/journal/format/scanSegment.ts"
import { drive, type Knob, knobs } from "../engine/plant.ts"
import { sha256 } from "../engine/recordedRun.ts"
import { ownFolder, refusal, segmentsIn, UNSYNCED } from "./journalRig.ts"
import { until } from "../until.ts"

const folder = ownFolder()
const after: Array<() => void> = []
afterEach(() => {
  for (const undo of after.splice(0).toReversed()) undo()
})

const made = (options: Partial<EngineOptions<Knob>> = {}): ArqonEngine<Knob> =>
  createEngine({ params: knobs, seed: 42, clock: "manual", state: folder.in("state"), ...options })

/** A run to its end that leaves its base off the baseline. */
async function ran(options: Partial<EngineOptions<Knob>> = {}) {
  const engine = made(options)
  await engine.start()
  const next = drive(engine, { digests: 150 })
  engine.setBaseline()
  drive(engine, { digests: 157, from: next })
  const left = engine.getSnapshot()
  await engine.stop()
  return left
}

const settings = () => requireEngineConfig({ params: knobs, clock: "manual", state: folder.in("state") })
const lastSegment = (): string => join(folder.in("state"), segmentsIn(folder.in("state")).at(-1) ?? "")

/** Runs an engine in another process until it has said so many lines. */
async function started(lines: number) {
  const script = join(import.meta.dirname, "stateEngine.ts")
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", script, folder.in("state")],
    { stdio: ["ignore", "pipe", "inherit"] },
  )
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL")
    if (child.signalCode === null && child.exitCode === null) await once(child, "exit")
  }
  after.push(() => void child.kill("SIGKILL"))
  let heard = 0
  for await (const _ of createInterface({ input: child.stdout })) if (++heard === lines) break
  return { pid: child.pid, kill }
}

describe("after a kill", () => {
  it("the next engine begins on the last baseline, every time, and a second one is refused meanwhile", {
    timeout: 150_000,
  }, async () => {
    for (const lines of [40, 500, 230]) {
      const { pid, kill } = await started(lines)
      await expect(made().start()).rejects.toMatchObject({
        _tag: "AuditError",
        reason: "open",
        message: expect.stringMatching(
          `an engine in stateEngine.ts \\(process ${pid} on .+\\) holds it. Wait for it to end, or give every engine`,
        ),
      })
      await kill()
      const { records, runs } = readJournal(folder.in("state"))
      const { run } = runs[runs.length - 1]
      const baseline = records.findLast((one) => one.kind === "baselineSet" && one.run === run)?.values
      const engine = made({ clock: "system" })
      expect(engine.values).toEqual(baseline)
      const { resumption, generation } = engine.getSnapshot()
      expect(resumption?.from).toMatchObject({ run, ended: false })
      expect(resumption?.from.why).toContain("was cut short: the plant begins on its baseline")
      expect(generation).toBe(1)
      expect(verifyJournal(folder.in("state")).status).not.toBe("damaged")
    }
  })
})

describe("a journal that is damaged", () => {
  it("freezes the next engine on the last baseline before the damage, until a person resets it", async () => {
    const left = await ran()
    const path = lastSegment()
    const bytes = readFileSync(path)
    const places: Array<number> = []
    scanSegment(bytes, sha256, ({ at, bytes: size }) => places.push(at + size - 3))
    bytes[places[places.length - 20]] ^= 1
    writeFileSync(path, bytes)
    const engine = made()
    expect(engine.values).toEqual(left.baseline)
    await engine.start()
    drive(engine, { digests: 100, from: 400 })
    const frozen = engine.getSnapshot()
    expect(frozen).toMatchObject({
      mode: "safe",
      safeMode: { reason: "engineFault", exit: "manualReset" },
      values: left.baseline,
    })
    expect(frozen.fault).toContain("The journal is damaged: journal-00000001.arqj: bytes that do not match")
    expect(frozen.fault).toContain("reset()")
    engine.reset("looked at it")
    expect(engine.getSnapshot()).toMatchObject({ mode: "adapting", fault: null })
    await engine.stop()
    const [start] = readJournal(folder.in("state"), { kinds: ["engineStarted"], last: 1 }).records
    expect(recordLine(start)).toContain("The journal is damaged")
    // It has been looked at: the run after it has a whole one before it.
    expect(made().getSnapshot().resumption).toMatchObject({ safeMode: null })
  })

  it("never makes an engine throw or begin on a perturbation, whatever is in its tail", async () => {
    await ran({ journal: UNSYNCED })
    const path = lastSegment()
    const whole = readFileSync(path)
    const records = readJournal(folder.in("state")).records
    const good = records.filter(({ kind }) => kind === "baselineSet" || kind === "engineStarted")
    const spoilt: Array<Uint8Array> = []
    for (let at = 9; at < whole.length; at += 997) {
      const head = whole.subarray(0, at)
      spoilt.push(Buffer.concat([head, new Uint8Array(512)]))
      spoilt.push(Buffer.concat([head, Uint8Array.from({ length: 700 }, (_, i) => (i * 7919 + at) % 256)]))
      const page = Buffer.from(whole)
      page.fill(0, at, Math.min(at + 2048, page.length))
      spoilt.push(page)
    }
    let frozen = 0
    for (const bytes of spoilt) {
      writeFileSync(path, bytes)
      const resumption = recover(settings(), null)
      if (resumption !== null && resumption.safeMode !== null) frozen++
      if (resumption === null || Object.keys(resumption.start).length === 0) continue
      expect(good.map(({ values }) => values)).toContainEqual(resumption.start)
      if (resumption.safeMode !== null) expect(resumption.safeMode.exit).toBe("manualReset")
    }
    expect(frozen).toBeGreaterThan(5)
    expect(frozen).toBeLessThan(spoilt.length / 2)
  })

  it("is detected if a record was replaced with its checksum, or a segment is not the one that followed", async () => {
    await ran({ journal: { compress: "none" } })
    await ran({ runId: "second", journal: { compress: "none" } })
    const [first, second] = segmentsIn(folder.in("state")).map((name) => join(folder.in("state"), name))
    expect(recover(settings(), null)?.safeMode).toBeNull()
    // Another first segment, whole in itself.
    const other = folder.in("other")
    const engine = made({ state: other })
    await engine.start()
    drive(engine, { digests: 50 })
    await engine.stop()
    writeFileSync(first, readFileSync(join(other, segmentsIn(other)[0])))
    const resumption = recover(settings(), null)
    expect(resumption?.safeMode?.detail).toContain("does not follow")
    expect(second).toContain("journal-00000002")
    expect(resumption?.start).toEqual(resumption?.baseline)
  })
})

describe("knobs that have changed since", () => {
  it("use what fits, start afresh otherwise, and report it", async () => {
    const left = await ran()
    const params = {
      batch: { min: 1, max: 16, scale: "log", step: 1, initial: 4 },
      timeout: knobs.timeout,
      fresh: { min: 0, max: 1, initial: 0.25 },
    } as const
    const engine = createEngine({ params, clock: "manual", state: folder.in("state") })
    expect(engine.values).toEqual({ batch: 4, timeout: left.base.timeout, fresh: 0.25 })
    const { resumption, baseline } = engine.getSnapshot()
    expect(baseline).toBeNull()
    expect(resumption?.warnings).toEqual([
      `batch was ${left.base.batch}, which is out of its bounds now: it begins at its initial 4.`,
      "fresh is a new knob and begins at its initial 0.25.",
      "The baseline is dropped: it does not fit the current knobs.",
    ])
    await engine.start()
    expect(engine.getSnapshot().baseline).toEqual(engine.getSnapshot().base)
    await engine.stop()
  })
})

describe("another engine that writes between an engine's creation and its start", () => {
  it("refuses the start, which would not begin where the plant was left", async () => {
    await ran()
    const early = made()
    await ran({ runId: "between" })
    await expect(early.start()).rejects.toMatchObject({
      _tag: "AuditError",
      message: expect.stringContaining("another engine wrote to it"),
    })
    // And nothing is held or changed.
    const late = made()
    await late.start()
    await late.stop()
  })
})

/** A file system of its own at the state directory's parent; false where none may be mounted. */
function mounted(at: string, kilobytes: number): boolean {
  mkdirSync(at, { recursive: true })
  if (spawnSync("mount", ["-t", "tmpfs", "-o", `size=${kilobytes}k`, "tmpfs", at]).status !== 0) return false
  after.push(() => void spawnSync("umount", ["-l", at]))
  return true
}

const cases = [
  {
    name: "full",
    word: "ENOSPC",
    break: fill,
    mend: (disk: string) => writeFileSync(join(disk, "filler"), ""),
  },
  {
    name: "read-only",
    word: "EROFS",
    break: (disk: string) => void spawnSync("mount", ["-o", "remount,ro", disk]),
    mend: (disk: string) => void spawnSync("mount", ["-o", "remount,rw", disk]),
  },
] as const

/** Fills a disk to its last byte. */
function fill(disk: string): void {
  const bytes = new Uint8Array(4096)
  try {
    for (;;) writeFileSync(join(disk, "filler"), bytes, { flag: "a" })
  } catch {
    // Full.
  }
}

describe("a disk that cannot be written to at the start", () => {
  it.each([
    "EROFS",
    "ENOSPC",
    "EDQUOT",
    "EFBIG",
    "EIO",
    "ENXIO",
    "ENODEV",
    "ESTALE",
    "ETIMEDOUT",
    "EMFILE",
    "ENFILE",
    "ENOMEM",
  ])(
    "(%s, by the hand of a test) leaves the plant on its baseline and the engine frozen until it can",
    async (code) => {
      const left = await ran()
      let broken = true
      const disk: JournalDisk = {
        ...nodeDisk,
        create: (path) => {
          if (broken) throw refusal(code)
          return nodeDisk.create(path)
        },
      }
      const engine = createEngineOn({
        ...nodePlatform,
        openAudit: (directory, _run, options, unchanged) =>
          openStateJournal(directory, { ...options, disk }, unchanged),
      })({ params: knobs, seed: 42, clock: "manual", state: folder.in("state") })
      await engine.start()
      expect(engine.getSnapshot()).toMatchObject({
        safeMode: { reason: "auditQueueFull" },
        values: left.baseline,
        fault: expect.stringContaining(code),
      })
      broken = false
      await until(() => engine.audit.state().sinks[0].waiting === 0)
      engine.tick(1)
      expect(engine.getSnapshot()).toMatchObject({ mode: "adapting", fault: null })
      await engine.stop()
      expect(verifyJournal(folder.in("state"))).toMatchObject({ status: "whole", runs: { length: 2 } })
    },
  )

  it.each(["EACCES", "EPERM", "ENOTDIR", "EINVAL"])(
    "(%s, by the hand of a test) is a mistake, and no question of time: the start is refused",
    async (code) => {
      const create = (): never => {
        throw refusal(code)
      }
      const engine = createEngineOn({
        ...nodePlatform,
        openAudit: (directory, _run, options, unchanged) =>
          openStateJournal(directory, { ...options, disk: { ...nodeDisk, create } }, unchanged),
      })({ params: knobs, clock: "manual", state: folder.in("state") })
      await expect(engine.start()).rejects.toMatchObject({ _tag: "AuditError", reason: "open" })
      expect(engine.getSnapshot().status).toBe("idle")
    },
  )

  // Root cause: of what a system says when it cannot write, three words were known, and a limit on the size of files was none.
  it("(a file-size limit) leaves the engine frozen, but lets it start", async () => {
    const script = join(import.meta.dirname, "startedEngine.ts")
    const node = [process.execPath, "--disable-warning=ExperimentalWarning", script, folder.in("state")]
    const said = spawnSync("sh", ["-c", 'ulimit -f 8 && exec "$@"', "sh", ...node], { encoding: "utf8" })
    expect(said.stderr).toBe("")
    expect(JSON.parse(said.stdout)).toMatchObject({
      mode: "safe",
      safeMode: { reason: "auditQueueFull", exit: "auditDrained" },
      fault: expect.stringContaining("its limit on the size of files is reached (ulimit -f) (EFBIG)"),
    })
  })

  // Root cause: under such a limit a segment that had reached it was offered the same batch for ever, and the engine stood still.
  it("(a file-size limit during a run) does not stop the engine: another segment has room", async () => {
    const script = join(import.meta.dirname, "limitedEngine.ts")
    const node = [process.execPath, "--disable-warning=ExperimentalWarning", script, folder.in("state")]
    const said = spawnSync("sh", ["-c", 'ulimit -f 256 && exec "$@"', "sh", ...node], { encoding: "utf8" })
    expect(said.stderr).toBe("")
    const standing = JSON.parse(said.stdout) as ReadonlyArray<{ readonly written: number }>
    for (const one of standing) expect(one).toMatchObject({ mode: "adapting", failures: 0, lastError: null })
    const { status, runs, records } = verifyJournal(folder.in("state"))
    expect([status, runs.length, runs[0].ended]).toEqual(["whole", 1, true])
    expect(records).toBeGreaterThan(standing[standing.length - 1].written)
    expect(runs[0].segments.length).toBeGreaterThan(2)
    expect(runs[0].segments.at(-2)).toMatchObject({ sealed: false })
    expect(replayJournal(folder.in("state"))).toMatchObject({ verdict: "identical" })
    expect(recover(settings(), null)).toMatchObject({ safeMode: null, from: { ended: true } })
  })

  it.each(cases)(
    "($name) leaves the plant on its baseline and the engine frozen until it can",
    async (one) => {
      const disk = folder.in("disk")
      // Mounting is for root on Linux; elsewhere there is the test above.
      if (!mounted(disk, 2048)) return
      const state = join(disk, "state")
      const left = await ran({ state })
      expect(left.base).not.toEqual(left.baseline)
      one.break(disk)
      const engine = made({ state })
      await engine.start()
      drive(engine, { digests: 50, from: 400 })
      const frozen = engine.getSnapshot()
      expect(frozen).toMatchObject({
        mode: "safe",
        safeMode: { reason: "auditQueueFull", exit: "auditDrained" },
        values: left.baseline,
      })
      expect(frozen.fault).toContain(one.word)
      expect(readJournal(state).runs).toHaveLength(1)
      one.mend(disk)
      await until(() => engine.audit.state().sinks[0].waiting === 0)
      engine.tick(engine.nowUs + 1)
      expect(engine.getSnapshot()).toMatchObject({ mode: "adapting", fault: null })
      await engine.stop()
      const { runs, problems, records } = readJournal(state)
      expect([runs.length, problems]).toEqual([2, []])
      expect(records.filter(({ run }, i) => i > 0 && run === engine.runId).at(-1)?.kind).toBe("engineStopped")
      expect(recordLine(readJournal(state, { kinds: ["engineStarted"], last: 1 }).records[0])).toContain(
        one.word,
      )
    },
  )
})
