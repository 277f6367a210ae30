/**
 * A tuner with `state`: what it keeps, when, and how the next one begins. In virtual time over a disk in memory, and over real files and
 * processes for kill -9, two processes on one folder, and folders that are none.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import * as Effect from "effect/Effect"
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest"
import { ConfigError } from "../../src/domain/errors.ts"
import { DIGEST_OBJECTIVE } from "../../src/hot/codes.ts"
import { verifyJournal } from "../../src/journal/read/readJournal.ts"
import { createReplica } from "../../src/replica/createReplica.ts"
import { createTuner as createAnywhere, type Tuner, tunerOver } from "../../src/replica/createTuner.ts"
import { createTuner } from "../../src/replica/node/createTuner.ts"
import type { LookedAt, TunerDisk, TunerFile } from "../../src/replica/TunerDisk.ts"
import type { TunerOptions } from "../../src/replica/tunerOptions.ts"

const params = { batch: { min: 1, max: 101, initial: 21 } }
const engine = {
  params,
  guardrails: { preset: "aggressive", rangePerMinute: 1, pathPerMinute: 100 },
} as const

/** What is refused, problem by problem. */
function problemsOf(make: () => unknown): ReadonlyArray<string> {
  try {
    make()
  } catch (error) {
    if (error instanceof ConfigError)
      return error.problems.map(({ path, message }) => `${path}: ${message}`).toSorted()
    throw error
  }
  return []
}

/** One folder, and what was saved in it; `full`: nothing more can be. */
class MemoryDisk implements TunerDisk {
  file: TunerFile | null = null
  saves = 0
  full = false
  readonly look = (): LookedAt => ({ left: this.file && structuredClone(this.file), mark: null })
  readonly take = () =>
    Promise.resolve({ name: "journal", exact: true, write: () => Effect.void, close: Effect.void })
  readonly save = (_: string, file: TunerFile): void => {
    if (this.full) throw new Error("ENOSPC: no space left on device, write")
    this.file = JSON.parse(JSON.stringify(file)) as TunerFile
    this.saves++
  }
}

describe("a tuner with `state`, in virtual time", () => {
  const disk = { now: new MemoryDisk() }
  const running: Array<() => unknown> = []
  beforeEach(() => {
    disk.now = new MemoryDisk()
    vi.useFakeTimers({
      toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"],
    })
  })
  afterEach(() => {
    for (const end of running.splice(0)) end()
    vi.useRealTimers()
  })

  const made = (over: Partial<TunerOptions> = {}): Tuner =>
    tunerOver(disk.now, { name: "t", engine, state: "folder", ...over })

  /** Six replicas of a service that ask whoever is the tuner now. */
  async function service(first: Tuner) {
    const at = { tuner: first }
    const all = Array.from({ length: 6 }, (_, i) =>
      createReplica({
        tuner: "t",
        at: { transport: (...sent) => at.tuner.transport(...sent) },
        params,
        name: `pod-${i}`,
      }),
    )
    await Promise.all(all.map((one) => one.start()))
    const work = setInterval(() => {
      for (const one of all) {
        one.digest.fill(Number.NaN)
        one.digest[DIGEST_OBJECTIVE] = ((one.values.batch - 71) / 100) ** 2
        one.observeDigest()
      }
    }, 10)
    running.push(() => {
      clearInterval(work)
      for (const one of all) void one.stop()
    })
    return { at, all }
  }

  it("goes on where it stood after a stop, with what it had learnt and a higher epoch", async () => {
    const before = made()
    await before.start()
    const { at } = await service(before)
    await vi.advanceTimersByTimeAsync(15_000)
    await before.stop()
    const left = before.status()
    expect(left.base["batch"]).toBeGreaterThan(30)
    const after = made()
    await after.start()
    at.tuner = after
    expect(after.status()).toMatchObject({ epoch: 2, base: left.base, safeMode: null })
    expect(after.status().began).toBe("Its owner has stopped.")
    await vi.advanceTimersByTimeAsync(2_000)
    expect(after.replicas().every(({ confirmed, refused }) => confirmed[0] === 2 && refused === null)).toBe(
      true,
    )
    const kept = disk.now.file?.cohort.learned
    expect(kept?.state.some((value) => value !== 0)).toBe(true)
    await after.stop()
  })

  it("may tune a few replicas first: the others keep the baseline, and meet what was learnt after a restart", async () => {
    const guardrails = { ...engine.guardrails, minStableUs: 3_600_000_000 }
    const few = made({ engine: { params, guardrails }, replicas: { control: 0.5 } })
    await few.start()
    const { at, all } = await service(few)
    await vi.advanceTimersByTimeAsync(300_000)
    const untouched = all.filter(({ values }) => values.batch === params.batch.initial)
    expect(untouched).toHaveLength(3)
    expect(few.status().base["batch"]).toBeGreaterThan(65)
    await few.stop()
    const every = made()
    await every.start()
    at.tuner = every
    await vi.advanceTimersByTimeAsync(15_000)
    expect(Math.min(...all.map(({ values }) => values.batch))).toBeGreaterThan(60)
    expect(every.status().safeMode).toBeNull()
    await every.stop()
  })

  it("goes on where it stood under narrower guardrails", async () => {
    const before = made()
    await before.start()
    const { at, all } = await service(before)
    await vi.advanceTimersByTimeAsync(15_000)
    await before.stop()
    const { base } = before.status()
    const after = made({ engine: { params, guardrails: { preset: "conservative", maxStep: 0.01 } } })
    await after.start()
    at.tuner = after
    expect(after.status()).toMatchObject({ base, safeMode: null })
    await vi.advanceTimersByTimeAsync(5_000)
    expect(after.replicas().every(({ refused }) => refused === null)).toBe(true)
    for (const { values } of all) expect(Math.abs(values.batch - base["batch"])).toBeLessThan(2)
    await after.stop()
  })

  it("begins on the baseline in SafeMode after a kill, and goes on with what it had learnt after the cooldown", async () => {
    const before = made()
    await before.start()
    const { at, all } = await service(before)
    await vi.advanceTimersByTimeAsync(90_000)
    // What a process that is killed leaves behind, and no more: nothing of it runs on.
    const left = structuredClone(disk.now.file)
    const learned = left?.cohort.learned?.own ?? []
    expect(learned.length).toBeGreaterThan(0)
    await before.stop()
    disk.now.file = left
    const after = made()
    await after.start()
    at.tuner = after
    expect(after.status()).toMatchObject({ epoch: 2, base: { batch: 21 }, safeMode: "engineFault" })
    expect(after.status().began).toContain("without saying so")
    expect(disk.now.file).toMatchObject({ epoch: 2 })
    await vi.advanceTimersByTimeAsync(5_000)
    for (const { values } of all) expect(values.batch).toBe(21)
    await vi.advanceTimersByTimeAsync(25_000)
    expect(after.status()).toMatchObject({ safeMode: null })
    expect(after.status().base["batch"]).not.toBe(21)
    await after.stop()
  })

  it("has its epoch, a baseline and SafeMode on the disk before they are announced", async () => {
    const tuner = made({ epoch: 7 })
    await tuner.start()
    expect(disk.now.file).toMatchObject({ epoch: 7, cohort: { resumption: { from: { ended: false } } } })
    tuner.trip()
    expect(disk.now.file?.cohort.resumption.safeMode).toMatchObject({ reason: "manualTrigger" })
    const { saves } = disk.now
    tuner.reset()
    expect(disk.now.saves).toBe(saves + 1)
    expect(disk.now.file?.cohort.resumption.safeMode).toBeNull()
    await tuner.stop()
    expect(disk.now.file?.cohort.resumption.from.ended).toBe(true)
  })

  it("answers no replica while what counts cannot be saved, says why, and goes on once it can", async () => {
    const tuner = made()
    await tuner.start()
    const { all } = await service(tuner)
    await vi.advanceTimersByTimeAsync(3_000)
    disk.now.full = true
    tuner.trip()
    expect(tuner.status().unsaved).toMatch(/cannot be saved in folder: ENOSPC/)
    await vi.advanceTimersByTimeAsync(10_000)
    for (const one of all)
      expect(one.getSnapshot()).toMatchObject({
        state: "holding",
        failure: expect.stringContaining("cannot save"),
      })
    disk.now.full = false
    await vi.advanceTimersByTimeAsync(10_000)
    expect(tuner.status().unsaved).toBeNull()
    for (const one of all) expect(one.getSnapshot().state).toBe("following")
    await tuner.stop()
  })

  it("does not begin where its epoch cannot be kept", async () => {
    disk.now.full = true
    const tuner = made()
    await expect(tuner.start()).rejects.toThrow(/ENOSPC/)
    await expect(tuner.transport({} as never, null as never)).rejects.toThrow()
    await tuner.stop()
  })

  it("saves what was learnt once a minute, and not with every cycle", async () => {
    const tuner = made()
    await tuner.start()
    await service(tuner)
    await vi.advanceTimersByTimeAsync(50_000)
    expect(disk.now.saves).toBe(1)
    await vi.advanceTimersByTimeAsync(20_000)
    expect(disk.now.saves).toBe(2)
    await tuner.stop()
  })
})

describe("a tuner with `state`, on a disk", () => {
  let folder: string
  const children: Array<() => void> = []
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "kept-"))
  })
  afterEach(() => {
    for (const kill of children.splice(0)) kill()
    rmSync(folder, { recursive: true })
  })

  const state = (): string => join(folder, "state")
  const made = (): Tuner => createTuner({ name: "t", engine, state: state() })

  /** A process with a tuner and its replicas, once it has said that so many cycles are over. */
  async function startedProcess(cycles: number) {
    const script = join(import.meta.dirname, "keptTuner.ts")
    const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", script, state()], {
      stdio: ["ignore", "pipe", "inherit"],
    })
    const kill = async (signal: "SIGKILL" | "SIGTERM"): Promise<void> => {
      child.kill(signal)
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit")
    }
    children.push(() => void child.kill("SIGKILL"))
    for await (const line of createInterface({ input: child.stdout })) {
      const said = JSON.parse(line) as { epoch: number; cycles: number; base: number; baseline: number }
      if (said.cycles >= cycles) return { said, kill }
    }
    throw new Error("it has ended")
  }

  it("outlives kill -9 and a stop; meanwhile nobody else has its folder", async () => {
    const first = await startedProcess(4)
    expect(first.said.epoch).toBe(1)
    await expect(made().start()).rejects.toThrow(
      /a tuner in keptTuner\.ts.*give every tuner a state directory/s,
    )
    await first.kill("SIGKILL")
    const second = await startedProcess(0)
    expect(second.said).toMatchObject({ epoch: 2, base: 21 })
    await second.kill("SIGTERM")
    const third = made()
    await third.start()
    expect(third.status()).toMatchObject({ epoch: 3, safeMode: "engineFault", base: { batch: 21 } })
    await third.stop()
    expect(verifyJournal(state())).toMatchObject({ problems: [], runs: [{}, {}, {}] })
  })

  it.each([
    ["missing", () => null],
    ["torn", (text: string) => text.slice(0, 30)],
    ["older than they are", (text: string) => text.replace('"epoch":2', '"epoch":1')],
  ])("knows the epoch by its records where its file is %s", async (_, spoiled) => {
    const file = join(state(), "tuner.json")
    for (let i = 0; i < 2; i++) {
      const before = made()
      await before.start()
      await before.stop()
    }
    const text = spoiled(readFileSync(file, "utf8"))
    if (text === null) rmSync(file)
    else writeFileSync(file, text)
    const after = made()
    await after.start()
    // What the file said of a stop is not believed.
    expect(after.status()).toMatchObject({ epoch: 3, safeMode: "engineFault", base: { batch: 21 } })
    await after.stop()
  })

  it("is refused in the folder of another tuner, of an engine, in one that nobody can read, and without a disk", async () => {
    const first = made()
    await first.start()
    await first.stop()
    const problems = (options: object): ReadonlyArray<string> =>
      problemsOf(() => createTuner({ name: "t", engine, ...options }))
    expect(problems({ name: "other", state: state() })).toEqual([
      expect.stringContaining('belongs to the tuner "t"'),
    ])
    expect(problems({ state: 7, epoch: 0 })).toEqual([
      expect.stringMatching(/^epoch: /),
      "state: must be the path of a folder.",
    ])
    mkdirSync(join(folder, "torn"))
    writeFileSync(join(folder, "torn", "tuner.json"), "{")
    expect(problems({ state: join(folder, "torn") })).toEqual([
      expect.stringContaining("does not say which epoch its tuner had"),
    ])
    expect(() => createAnywhere({ name: "t", engine, state: state() })).toThrow(ConfigError)
    writeFileSync(join(folder, "file"), "")
    await expect(createTuner({ name: "t", engine, state: join(folder, "file") }).start()).rejects.toThrow(
      /file/,
    )
  })

  it("is refused where another tuner has used the folder since it was made", async () => {
    const late = made()
    const other = made()
    await other.start()
    await other.stop()
    await expect(late.start()).rejects.toThrow(/has changed since this tuner was made/)
  })
})
