import { spawn } from "node:child_process"
import { once } from "node:events"
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { describe, expect, it } from "vitest"
import { Checkpoints } from "../../../src/morph/node/Checkpoints.ts"
import { ownFolder } from "../../journal/journalRig.ts"
import { contentOf } from "./checkpointContent.ts"

const folder = ownFolder()
const SCRIPT = join(import.meta.dirname, "dyingCheckpoint.ts")

/** A folder with checkpoints of these boundaries. */
async function made(name: string, boundaries: ReadonlyArray<number>): Promise<string> {
  const path = folder.in(name)
  mkdirSync(path)
  const { checkpoints } = await Checkpoints.open(path)
  for (const boundary of boundaries) await checkpoints.save(boundary, contentOf(boundary))
  await checkpoints.close()
  return path
}

/** What opening the folder finds; it is closed again. */
async function found(path: string) {
  const { checkpoints, last, problems } = await Checkpoints.open(path)
  await checkpoints.close()
  return { last, problems }
}

const files = (path: string): ReadonlyArray<string> =>
  readdirSync(path).filter((name) => name.startsWith("checkpoint-"))

const damage = (path: string, at: number): void => {
  const bytes = readFileSync(path)
  bytes[at] ^= 1
  writeFileSync(path, bytes)
}

async function dying(path: string, at: number) {
  const child = spawn(process.execPath, [SCRIPT, path, String(at)], {
    stdio: ["ignore", "pipe", "inherit"],
    // The first one to end well keeps what was compiled for the others.
    env: { ...process.env, NODE_COMPILE_CACHE: folder.in("compiled") },
  })
  const said = text(child.stdout)
  await once(child, "exit")
  return { said: await said, signal: child.signalCode }
}

describe("checkpoints", () => {
  it("give back the last boundary, bit for bit, and keep three", async () => {
    const path = await made("state", [1, 2, 3, 4, 5])
    expect(files(path)).toHaveLength(3)
    expect(await found(path)).toEqual({
      last: { boundary: 5, content: contentOf(5) },
      problems: [],
    })
  })

  it("begin with nothing, and say so", async () => {
    expect(await found(await made("state", []))).toEqual({ last: null, problems: [] })
  })

  it("hold an empty content, and one of several pieces", async () => {
    const path = await made("state", [])
    const { checkpoints } = await Checkpoints.open(path)
    const large = Uint8Array.from({ length: (1 << 20) * 2 + 7 }, (_, i) => i % 256)
    await checkpoints.save(1, new Uint8Array(0))
    await checkpoints.save(2, large)
    await checkpoints.close()
    expect((await found(path)).last?.content.length).toBe(large.length)
    rmSync(join(path, files(path)[1]))
    expect((await found(path)).last).toEqual({ boundary: 1, content: new Uint8Array(0) })
  })

  it("are saved in the order in which they were asked for", async () => {
    const path = await made("state", [])
    const { checkpoints } = await Checkpoints.open(path)
    await Promise.all([1, 2, 3, 4].map((boundary) => checkpoints.save(boundary, contentOf(boundary))))
    await checkpoints.close()
    expect((await found(path)).last?.boundary).toBe(4)
  })

  it.each([
    ["a changed content", (file: string) => damage(file, 900)],
    ["a changed boundary", (file: string) => damage(file, 50)],
    ["a changed head", (file: string) => damage(file, 2)],
    ["a cut end", (file: string) => truncateSync(file, 4000)],
    ["a cut head", (file: string) => truncateSync(file, 10)],
    ["a file that is gone", (file: string) => rmSync(file)],
  ])("pass over %s to the boundary before, and say so once", async (_, spoil) => {
    const path = await made("state", [1, 2, 3])
    spoil(join(path, files(path)[2]))
    const { last, problems } = await found(path)
    expect(last).toEqual({ boundary: 2, content: contentOf(2) })
    expect(problems).toHaveLength(1)
    expect(problems[0]).toContain("checkpoint of boundary 3")
    expect(await found(path)).toEqual({ last, problems: [] })
  })

  it("pass over a whole checkpoint of the same boundary that is not the one they wrote", async () => {
    const path = await made("state", [1, 2])
    const other = folder.in("other")
    mkdirSync(other)
    const { checkpoints } = await Checkpoints.open(other)
    await checkpoints.save(2, contentOf(9))
    await checkpoints.close()
    cpSync(join(other, files(other)[0]), join(path, files(path)[1]))
    expect((await found(path)).last?.boundary).toBe(1)
  })

  it("refuse a folder in which none is whole, and change nothing in it", async () => {
    const path = await made("state", [1, 2])
    for (const name of files(path)) damage(join(path, name), 900)
    await expect(found(path)).rejects.toMatchObject({ _tag: "GrowthError" })
    await expect(found(path)).rejects.toThrow(/boundary 1 .*boundary 2 /)
    expect(files(path)).toHaveLength(2)
  })

  it("cut a torn end off their log, and refuse one that is damaged before its end", async () => {
    const path = await made("state", [1, 2, 3])
    const log = join(path, "checkpoints.log")
    const whole = readFileSync(log)
    for (const torn of [1, 9, 40]) {
      writeFileSync(log, Buffer.concat([whole, whole.subarray(8, 8 + torn)]))
      expect((await found(path)).last?.boundary).toBe(3)
      expect(readFileSync(log).length).toBe(whole.length)
    }
    damage(log, 30)
    await expect(found(path)).rejects.toThrow(/damaged at byte 8/)
    // A record that was changed with its checksum breaks the chain.
    writeFileSync(log, Buffer.concat([whole, whole.subarray(8)]))
    await expect(found(path)).rejects.toThrow(/damaged at byte/)
  })

  it("keep their log short however long a run is", async () => {
    const path = await made("state", [])
    const { checkpoints } = await Checkpoints.open(path)
    for (let boundary = 1; boundary <= 40; boundary++)
      await checkpoints.save(boundary, Uint8Array.of(boundary))
    await checkpoints.close()
    expect(readFileSync(join(path, "checkpoints.log")).length).toBeLessThan(6000)
    expect((await found(path)).last).toEqual({ boundary: 40, content: Uint8Array.of(40) })
  })

  it("give back the last good boundary wherever the process is killed or the power goes", async () => {
    const before = await made("before", [1, 2, 3])
    const start = (name: string): string => {
      const path = folder.in(name)
      cpSync(before, path, { recursive: true })
      return path
    }
    const recovered = async (path: string): Promise<number> => {
      const { last, problems } = await found(path)
      expect(problems).toEqual([])
      const boundary = last?.boundary ?? 0
      expect(last?.content).toEqual(contentOf(boundary))
      expect(files(path)).toHaveLength(3)
      expect(readdirSync(path).filter((name) => name.endsWith(".tmp"))).toEqual([])
      return boundary
    }
    const alive = start("alive")
    const calls = Number(/(\d+) calls/.exec((await dying(alive, 0)).said)?.[1])
    expect(calls).toBeGreaterThan(10)
    const kills: Array<number> = []
    const losses: Array<number> = []
    for (let at = 1; at <= calls; at++) {
      losses.push(await recovered(`${alive}-${at}`))
      const path = start(`killed${at}`)
      const { said, signal } = await dying(path, at)
      expect(signal).toBe("SIGKILL")
      kills.push(await recovered(path))
      if (said.includes("saved")) expect(kills.at(-1)).toBe(4)
    }
    // Early ends give the boundary before, late ones this one, and there is no way back in between.
    for (const ends of [kills, losses]) {
      expect([ends[0], ends.at(-1)]).toEqual([3, 4])
      expect(ends.toSorted((a, b) => a - b)).toEqual(ends)
    }
  })
})
