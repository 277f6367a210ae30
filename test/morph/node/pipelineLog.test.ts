/** The record of a growing service: repeated from its figures, told in words, and refused where it is damaged or taken. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterEach, describe, expect, it, vi } from "vitest"
import { createGrowth } from "../../../src/morph/node/createGrowth.ts"
import { FrameLog, type FrameRecord } from "../../../src/morph/node/FrameLog.ts"
import { PIPELINE, readPipelineRecord } from "../../../src/morph/node/PipelineLog.ts"
import { replayPipeline } from "../../../src/morph/node/replayPipeline.ts"
import { storyOf } from "../../../src/morph/node/pipelineStory.ts"
import { pipelineHost } from "../../../src/morph/service/pipelineHost.ts"
import { CliFailure, EXIT } from "../../../src/cli/exitCodes.ts"
import { GrowthError } from "../../../src/domain/GrowthError.ts"
import {
  growReplayCommand,
  growShowCommand,
  growVerifyCommand,
  growWhyCommand,
} from "../../../src/cli/growCommands.ts"
import { PipelineBook } from "../../../src/studio/server/PipelineBook.ts"
import { pipelinesIn } from "../../../src/cli/pipelinesIn.ts"
import { VirtualClock } from "../pipeline/service.ts"

const folders: Array<string> = []
const folder = (): string => {
  const made = mkdtempSync(join(tmpdir(), "arqon-pipeline-"))
  folders.push(made)
  return made
}
afterEach(() => {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true })
})

const double = (n: number): number => 2 * n

function service(state: string, clock = new VirtualClock()) {
  const host = pipelineHost({ double: { incumbent: double, effects: "none", deadlineMs: 50 } })
  const gates = {
    shares: [0.5],
    pairsPerStep: 5,
    trialCalls: 3,
    training: { compared: 20, share: 1 },
    pass: 2,
  }
  const grafting = { embargo: { boundaries: 3 } }
  return { host, clock, growth: createGrowth({ host, seed: 5, clock, state, gates, grafting }) }
}

/** One candidate is wrong now and then and is culled, the next one is good; both with calls between the windows. */
async function lived(state: string): Promise<void> {
  const { host, clock, growth } = service(state)
  const call = host.socket("double")
  await growth.start()
  const serve = async (windows: number): Promise<void> => {
    for (let i = 0; i < windows; i++) {
      for (let n = 0; n < 40; n++) call(n)
      await clock.pass(1_000)
    }
  }
  await growth.germinate("double", {
    candidate: (n) => (n % 4 === 0 ? 0 : 2 * n),
    name: "shift-by-four",
    why: "faster",
    by: "ada",
  })
  await serve(12)
  await growth.germinate("double", { candidate: (n) => n + n, name: "adds", why: "faster still" })
  await expect(growth.cull("double", { why: "" })).rejects.toThrow(/why: is missing/)
  await serve(12)
  await growth.pause("double", { why: "a deployment goes on", by: "bob" })
  await growth.resume("double", { why: "it is over" })
  await growth.stop()
}

describe("the record of a growing service", () => {
  it("repeats every transition from the figures that were measured", async () => {
    const state = folder()
    await lived(state)
    const [run] = readPipelineRecord(state).runs
    const { moves, differentFrom } = replayPipeline(run)
    expect(differentFrom).toBeNull()
    expect(moves).toBeGreaterThan(7)
  })

  it("is not read back: a restart begins DORMANT, without the candidate and without an embargo", async () => {
    const state = folder()
    const clock = new VirtualClock()
    const began = async () => {
      const host = pipelineHost({ double: { incumbent: double, effects: "none", deadlineMs: 50 } })
      const growth = createGrowth({ host, clock, state, gates: { trialCalls: 1 } })
      await growth.start()
      return { growth, call: host.socket("double"), piece: () => growth.snapshot().pieces[0] }
    }
    const bad = (): number => {
      throw new Error("no index")
    }
    const first = await began()
    await first.growth.germinate("double", { candidate: bad, name: "bad", why: "test" })
    for (let i = 0; i < 6; i++) {
      first.call(i)
      await clock.pass(1_000)
    }
    expect(first.piece()).toMatchObject({ state: "embargoed", candidate: "bad" })
    expect(first.piece().embargo).toBeGreaterThan(500)
    await first.growth.stop()
    expect(storyOf(readPipelineRecord(state).runs[0], "double").join("\n")).toMatch(
      /culled: G0 failed[^]*its commonest fault \(once\): it threw "no index"/,
    )
    const again = await began()
    expect(again.piece()).toMatchObject({ state: "dormant", candidate: null, cause: null, embargo: 0 })
    await again.growth.germinate("double", { candidate: bad, name: "bad", why: "test" })
    await clock.pass(2_000)
    expect(again.piece().state).toBe("germinated")
    await again.growth.stop()
  })

  it("knows who gave a command when it is repeated, and refuses a signer that is nobody", async () => {
    const state = folder()
    await lived(state)
    const [{ entries }] = readPipelineRecord(state).runs
    const commands = entries.flatMap((entry) => (entry.type === "command" ? [entry.command] : []))
    expect(commands).toContainEqual({ type: "pause", why: "a deployment goes on", by: "bob" })
    const { growth } = service(folder())
    await growth.start()
    await growth.germinate("double", { candidate: double, name: "same", why: "test" })
    for (const by of ["", " ", 3, "x".repeat(201)])
      await expect(growth.cull("double", { why: "enough", by: by as string })).rejects.toThrow(/by: must be/)
    await growth.stop()
  })

  it("differs where a figure was changed", async () => {
    const state = folder()
    await lived(state)
    const [run] = readPipelineRecord(state).runs
    const changed = run.entries.map((entry) =>
      entry.type === "window"
        ? {
            ...entry,
            figures: entry.figures.map(([slot, all]) => [slot, { ...all, agreement: 1 }] as const),
          }
        : entry,
    )
    expect(replayPipeline({ ...run, entries: changed }).differentFrom).not.toBeNull()
  })

  it("tells why a candidate was culled, with its numbers and who asked for it", async () => {
    const state = folder()
    await lived(state)
    const story = storyOf(readPipelineRecord(state).runs[0], "double").join("\n")
    expect(story).toContain("ada asked: germinate (faster)")
    expect(story).toMatch(/training -> culled: G1 failed: agreement is 0\.7\d*, must be at least 0\.99/)
    expect(story).toMatch(/FAIL agreement 0\.7\d*, at least 0\.99/)
    expect(story).toContain("Refused: ")
    expect(story).toContain("bob asked: pause (a deployment goes on)\nSomebody asked: resume (it is over)")
    await expect(growWhyCommand({ directory: state, socket: "double", json: true })).resolves.toBe(0)
    await expect(growWhyCommand({ directory: state, socket: "dobule", json: false })).rejects.toThrow(
      /Did you mean "double"/,
    )
  })

  it("tells how many calls did not duel because there was no room for their users", async () => {
    const state = folder()
    await lived(state)
    const [run] = readPipelineRecord(state).runs
    expect(storyOf(run, "double").join("\n")).not.toMatch(/no room/)
    const entries = run.entries.map((entry) =>
      entry.type === "window"
        ? { ...entry, pieces: entry.pieces.map((piece) => ({ ...piece, turnedAway: 12 })) }
        : entry,
    )
    const story = storyOf({ ...run, entries }, "double")
    expect(story).toContain("    12 calls did not duel: there was no room for their users")
  })

  it("has one process at a time, and goes on in the same file", async () => {
    const state = folder()
    const first = service(state)
    await first.growth.start()
    await expect(service(state).growth.start()).rejects.toThrow(/growing service/)
    await first.growth.stop()
    const second = service(state)
    await second.growth.start()
    await second.growth.stop()
    expect(readPipelineRecord(state).runs).toHaveLength(2)
  })

  it("is refused where a byte in the middle was changed", async () => {
    const state = folder()
    await lived(state)
    const path = join(state, PIPELINE)
    const bytes = readFileSync(path)
    bytes[200] ^= 1
    writeFileSync(path, bytes)
    expect(() => readPipelineRecord(state).runs).toThrow(/damaged at byte/)
  })

  it("says that its last bytes are no whole record, as a kill leaves them, and where its chain ends", async () => {
    const state = folder()
    await lived(state)
    const path = join(state, PIPELINE)
    const bytes = readFileSync(path)
    const told = async (): Promise<string> => {
      const print = vi.spyOn(process.stdout, "write").mockReturnValue(true)
      try {
        expect(await growWhyCommand({ directory: state, socket: null, json: false })).toBe(EXIT.ok)
        return String(print.mock.calls.at(-1)?.[0])
      } finally {
        print.mockRestore()
      }
    }
    const whole = await told()
    expect(whole).toMatch(/Ended by stop\(\)\.\nThe chain of records ends with [0-9a-f]{64}\.\n$/)
    expect(pipelinesIn(state).pipelines[0].page(-1).problem).toBeNull()
    for (const broken of [bytes.subarray(0, -9), bytes.with(bytes.length - 1, bytes[bytes.length - 1] ^ 1)]) {
      writeFileSync(path, broken)
      const { torn } = readPipelineRecord(state)
      expect(torn).toBeGreaterThan(9)
      const said = `The last ${torn} bytes are no whole record: a kill cut them off, or they were changed.`
      expect(await told()).toContain(said)
      expect(await told()).toMatch(/^Its record ends without a stop: the service still runs, or was killed/m)
      expect(pipelinesIn(state).pipelines[0].page(-1).problem).toContain(said)
      const ends = (text: string): string => /ends with \w+/.exec(text)?.[0] ?? ""
      expect(ends(await told())).not.toBe(ends(whole))
    }
  })

  it("says that it ends without a stop where its last records were taken away", async () => {
    const state = folder()
    await lived(state)
    const [run] = readPipelineRecord(state).runs
    expect(replayPipeline(run).isStopped).toBe(true)
    const cut = { ...run, entries: run.entries.slice(0, -1) }
    expect(replayPipeline(cut)).toMatchObject({ isStopped: false, differentFrom: null })
    const { version: _, ...inputs } = run.inputs
    expect(replayPipeline({ ...cut, inputs }).isStopped).toBeNull()
    expect(replayPipeline({ ...run, entries: [...run.entries, ...run.entries.slice(-1)] })).toMatchObject({
      what: "follows the stop of its run",
    })
  })

  it("takes no command behind its stop", async () => {
    const state = folder()
    const { growth } = service(state)
    await growth.start()
    const asked = growth.germinate("double", { candidate: double, name: "late", why: "test" })
    const stopped = growth.stop()
    await expect(asked).rejects.toThrow(/has been stopped/)
    await stopped
    expect(readPipelineRecord(state).runs[0].entries).toEqual([{ type: "stop", after: -1 }])
  })

  it.each([
    ["of no bytes", new Uint8Array(0), "pipeline.log in FOLDER holds no whole record."],
    ["of a torn head", Uint8Array.of(1, 2, 3), "holds no whole record, only 3 bytes of one."],
  ])("is refused in words where it is a file %s", async (_, bytes, said) => {
    const state = folder()
    writeFileSync(join(state, PIPELINE), bytes)
    await expect(growWhyCommand({ directory: state, socket: null, json: false })).rejects.toThrow(
      said.replace("FOLDER", state),
    )
  })

  it("is refused in words where nothing says what the service was started with", async () => {
    const state = folder()
    const path = join(state, PIPELINE)
    const { log } = await FrameLog.open(path)
    await expect(growWhyCommand({ directory: state, socket: null, json: false })).rejects.toThrow(
      /holds no whole record\./,
    )
    await log.append({ kind: 2, data: { type: "stop", after: 3 } })
    await log.close()
    await expect(growWhyCommand({ directory: state, socket: null, json: false })).rejects.toThrow(
      "pipeline.log: record 1 does not say what the service was started with.",
    )
  })

  it("is no run: what verifies, repeats or prints one names the command for it", async () => {
    const state = folder()
    const { growth } = service(state)
    await growth.start()
    await growth.stop()
    const said = `${state} holds a growing service, not a run. "arqon grow why ${state}" tells and checks`
    await expect(growVerifyCommand({ directory: state, json: false })).rejects.toThrow(said)
    await expect(growReplayCommand({ directory: state, json: false })).rejects.toThrow(said)
    await expect(growShowCommand({ directory: state, json: false, studio: false })).rejects.toThrow(said)
  })

  it("is missing in another folder", () => {
    expect(() => readPipelineRecord(folder())).toThrow(/holds no growing service/)
  })
})

describe("a record that another program wrote, or somebody by hand", () => {
  /** Everything in it that is an object, a list, a text or a number, by its way there. */
  function* waysIn(value: unknown, way: ReadonlyArray<string> = []): Generator<ReadonlyArray<string>> {
    if (way.length > 0) yield way
    if (typeof value !== "object" || value === null) return
    for (const [key, inner] of Object.entries(value)) yield* waysIn(inner, [...way, key])
  }
  const put = (value: unknown, [key, ...rest]: ReadonlyArray<string>, other: unknown): unknown => {
    if (key === undefined) return other
    const copy = Array.isArray(value) ? [...(value as ReadonlyArray<unknown>)] : { ...(value as object) }
    const inner = (copy as Record<string, unknown>)[key]
    return Object.assign(copy, { [key]: put(inner, rest, other) })
  }

  it("is told, differs or is refused in words, whatever stands in it", async () => {
    const state = folder()
    await lived(state)
    const path = join(state, PIPELINE)
    const records = FrameLog.read(path) ?? []
    // The first of each type, and the window of the cull.
    const isFirst = (one: FrameRecord, i: number): boolean =>
      records.findIndex(({ data }) => typeOf(data) === typeOf(one.data)) === i
    const typeOf = (data: unknown): unknown => {
      const { type, moves } = data as { type?: string; moves?: ReadonlyArray<{ to: string }> }
      return `${type} ${moves?.[0]?.to ?? ""}`
    }
    const others: ReadonlyArray<unknown> = [null, {}, [], "x", -1, 1.5, [null], [{}]]
    let n = 0
    const shown: Array<string> = []
    const print = vi.spyOn(process.stdout, "write").mockReturnValue(true)
    try {
      for (const [i, record] of records.entries()) {
        if (!isFirst(record, i)) continue
        for (const way of [[], ...waysIn(record.data)])
          for (const other of [others[n++ % others.length], { toString: 1 }]) {
            const changed = records.with(i, { ...record, data: put(record.data, way, other) })
            const read = vi
              .spyOn(FrameLog, "survey")
              .mockReturnValue({ records: changed, torn: 0, hash: "f00d" })
            const given = { directory: state, socket: null, json: false }
            for (const look of [
              () => growWhyCommand(given),
              async () => pipelinesIn(state).pipelines[0].page(-1),
            ])
              await look().catch((cause: unknown) => {
                if (cause instanceof CliFailure || cause instanceof GrowthError) return
                shown.push(`${way.join(".")} = ${JSON.stringify(other)}: ${String(cause)}`)
              })
            read.mockRestore()
          }
      }
    } finally {
      print.mockRestore()
    }
    expect(shown).toEqual([])
  }, 60_000)

  it("is refused where it is no JSON or of another kind", async () => {
    const state = folder()
    const { growth } = service(state)
    await growth.start()
    await growth.stop()
    const { log } = await FrameLog.open(join(state, PIPELINE))
    await log.append({ kind: 3, data: {} })
    await log.close()
    expect(() => readPipelineRecord(state).runs).toThrow(
      "pipeline.log: record 3 is of kind 3, which this version",
    )
    const parse = vi.spyOn(JSON, "parse").mockImplementation(() => {
      throw new SyntaxError("by the hand of a test")
    })
    expect(() => readPipelineRecord(state).runs).toThrow(
      /pipeline\.log has a record at byte 8 that cannot be read as JSON/,
    )
    parse.mockRestore()
  })
})

describe("a disk that takes no more", () => {
  it("refuses commands by its field before they change anything, and calls go on", async () => {
    const state = folder()
    const { host, growth } = service(state)
    const call = host.socket("double")
    await growth.start()
    const full = Object.assign(new Error("no space left on device"), {
      code: "ENOSPC",
      errno: -28,
      syscall: "write",
    })
    const append = vi.spyOn(FrameLog.prototype, "append").mockRejectedValue(full)
    try {
      const request = { candidate: double, name: "new", why: "test" }
      await expect(growth.germinate("double", { ...request, why: "" })).rejects.toThrow(
        /state: .*written.*space/,
      )
      await expect(growth.germinate("double", request)).rejects.toThrow(
        `state: ${state} cannot be written: no space is left on the disk. Calls go on; make room, and`,
      )
      expect(call(2)).toBe(4)
      expect(growth.snapshot().pieces[0]).toMatchObject({ state: "dormant", candidate: null })
      await expect(growth.stop()).rejects.toThrow(/state: /)
      expect(call(3)).toBe(6)
    } finally {
      append.mockRestore()
    }
    // What was recorded before is whole.
    expect(readPipelineRecord(state).runs).toHaveLength(1)
  })

  /** A service whose candidate has come to a state, and a disk that takes nothing from then on. */
  async function fullAt(wanted: string) {
    const { host, clock, growth } = service(folder())
    const call = host.socket("double")
    const serve = async (windows: number): Promise<void> => {
      for (let i = 0; i < windows; i++) {
        for (let n = 0; n < 40; n++) call(n)
        await clock.pass(1_000)
        // The disk has time of its own.
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
    }
    await growth.start()
    await growth.germinate("double", { candidate: (n) => n + n, name: "adds", why: "test" })
    const piece = () => growth.snapshot().pieces[0]
    for (let i = 0; i < 60 && piece().state !== wanted; i++) await serve(1)
    expect(piece().state).toBe(wanted)
    // Everything up to here is on the disk.
    await expect(growth.waive("double", "G1", { by: "", why: "" })).rejects.toThrow(/is missing/)
    const tooLarge = Object.assign(new Error("file too large"), {
      code: "EFBIG",
      errno: -27,
      syscall: "write",
    })
    const append = vi.spyOn(FrameLog.prototype, "append").mockRejectedValue(tooLarge)
    return { growth, call, serve, piece, append }
  }

  it("holds every candidate where it is, and says so at once in snapshot and studio", async () => {
    const { growth, call, serve, piece, append } = await fullAt("training")
    const book = new PipelineBook({
      id: "service",
      name: "service",
      source: "live",
      problem: () => growth.snapshot().problem,
    })
    try {
      expect(growth.snapshot().problem).toBeNull()
      // Found out by a command that cannot be recorded.
      await expect(growth.pause("double", { why: "test" })).rejects.toThrow(/cannot be written/)
      const said = /cannot be written: .*until then no candidate moves on\./
      expect(growth.snapshot().problem).toMatch(said)
      expect(book.page(-1).problem).toMatch(said)
      await serve(20)
      expect(piece()).toMatchObject({ state: "training", share: 0 })
      expect(call(2)).toBe(4)
      expect(append).toHaveBeenCalledTimes(1)
      await expect(growth.stop()).rejects.toThrow(said)
      await expect(growth.stop()).resolves.toBeUndefined()
      expect(call(3)).toBe(6)
    } finally {
      append.mockRestore()
    }
  })

  it.each(["germinated", "training", "blending", "shadowing"])(
    "takes a candidate out that the window after %s let on without a record",
    async (state) => {
      const { growth, call, serve, piece, append } = await fullAt(state)
      try {
        const states: Array<string> = []
        growth.subscribe(({ moves }) => void states.push(...moves.map(({ to }) => to)))
        await serve(30)
        // The window that failed may have held it; then it stays.
        const forward = states.filter((to) =>
          ["training", "blending", "shadowing", "probationary"].includes(to),
        )
        expect(forward.length).toBeLessThanOrEqual(1)
        if (forward.length === 1) {
          expect(states).toContain("culled")
          expect(["dormant", "embargoed", "resetting"]).toContain(piece().state)
        } else expect([state, "culled", "embargoed", "resetting", "dormant"]).toContain(piece().state)
        expect(piece().share).toBe(0)
        expect(growth.snapshot().problem).toMatch(/no candidate moves on/)
        expect(call(2)).toBe(4)
        await expect(growth.stop()).rejects.toThrow(/cannot be written/)
      } finally {
        append.mockRestore()
      }
    },
  )

  it("that is read-only is said by the field of the folder at the start, and calls go on", async () => {
    const state = folder()
    const { host, growth } = service(state)
    const refusing = Object.assign(new Error("read-only file system, open"), { code: "EROFS" })
    const open = vi.spyOn(FrameLog, "open").mockRejectedValue(refusing)
    await expect(growth.start()).rejects.toThrow(
      `state: ${state} cannot be used: the file system is read-only. Nothing was changed.`,
    )
    open.mockRestore()
    expect(host.socket("double")(2)).toBe(4)
    // It let the folder go.
    const next = service(state)
    await next.growth.start()
    await next.growth.stop()
  })

  it("is said by the field of the folder at the start, where nothing can be made there", async () => {
    const state = join(folder(), "a file", "growth")
    writeFileSync(join(state, "..", "..", "a file"), "")
    const { host, growth } = service(state)
    await expect(growth.start()).rejects.toThrow(/state: /)
    expect(host.socket("double")(2)).toBe(4)
  })
})
