/**
 * A lock of the kernel's: held by one, whoever else comes, from whatever thread, process or container; and gone with its
 * holder, however that ends. What stands beside it about its holder is for messages and decides nothing.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs"
import { hostname, tmpdir } from "node:os"
import { join } from "node:path"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { Worker } from "node:worker_threads"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { lockFile } from "../../src/system/lockFile.ts"
import { inContainer, noContainers } from "../platform/node/container.ts"
import { requireLocal } from "../../src/system/networkFileSystem.ts"

let folder = ""
let path = ""
const children: Array<ChildProcess> = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "arqon-lock-"))
  path = join(folder, "run.json")
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL")
  rmSync(folder, { recursive: true, force: true })
})

const options = { command: "a test", brief: false, patienceMs: 0 }
const RACER = join(import.meta.dirname, "lockRacer.ts")
const NODE = [process.execPath, "--disable-warning=ExperimentalWarning", RACER]

/** Another process that wants the lock, and what it says. */
async function racer(before: ReadonlyArray<string> = []) {
  const [command, ...rest] = [...before, ...NODE, path]
  const child = spawn(command, rest, { stdio: ["pipe", "pipe", "inherit"] })
  children.push(child)
  const [answer] = (await once(child.stdout.setEncoding("utf8"), "data")) as [string]
  const end = async (how: () => void): Promise<void> => {
    const closed = once(child, "close")
    how()
    await closed
  }
  return {
    answer: answer.trim(),
    pid: child.pid,
    kill: () => end(() => child.kill("SIGKILL")),
    leave: () => end(() => child.stdin.end()),
  }
}

/** Another thread of this process. */
async function thread() {
  const worker = new Worker(RACER, { workerData: path })
  const [answer] = (await once(worker, "message")) as [string]
  return { answer, end: () => worker.terminate() }
}

const elsewhere = inContainer("another-host")
const racerThere = noContainers === null ? "racer (process 1 on another-host" : "racer (process "

describe("a lock", () => {
  it("has one holder, named to the others, and is free afterwards", async () => {
    const first = await lockFile(path, options)
    await expect(lockFile(path, { ...options, otherwise: "go home" })).rejects.toMatchObject({
      _tag: "StateFileError",
      reason: "locked",
      detail: expect.stringMatching(
        new RegExp(
          `^a test \\(process ${process.pid} on ${hostname()}, since \\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z\\) holds it\\. Wait for it to end, or go home\\.$`,
        ),
      ),
    })
    first.release()
    first.release()
    const second = await lockFile(path, options)
    second.release()
    expect(readdirSync(folder)).toEqual(["run.json.lock"])
  })

  // Root cause: POSIX drops the locks of a process on a file as soon as any part of it closes that file.
  it("is not lost when other threads and parts of its process are refused", async () => {
    const lock = await lockFile(path, options)
    for (let i = 0; i < 3; i++) {
      await expect(lockFile(path, options)).rejects.toThrow("a test (process")
      const other = await thread()
      expect(other.answer).toContain("lost")
      await other.end()
    }
    const other = await racer()
    expect(other.answer).toContain(`a test (process ${process.pid} on`)
    lock.release()
    expect((await racer()).answer).toBe("won")
  })

  it("is not lost when its holder drops the reference", async () => {
    setFlagsFromString("--expose-gc")
    const gc = runInNewContext("gc") as () => void
    await lockFile(path, options)
    for (let i = 0; i < 3; i++) {
      gc()
      await new Promise((resolve) => setImmediate(resolve))
    }
    await expect(lockFile(path, options)).rejects.toThrow("holds it")
  })

  it("ends with its process, killed or not, and with its thread", async () => {
    const killed = await racer()
    expect(killed.answer).toBe("won")
    await expect(lockFile(path, options)).rejects.toThrow(`racer (process ${killed.pid} on`)
    await killed.kill()
    const left = await racer()
    expect(left.answer).toBe("won")
    await left.leave()
    const ended = await thread()
    expect(ended.answer).toBe("won")
    await expect(lockFile(path, options)).rejects.toThrow(`racer (process ${process.pid} on`)
    await ended.end()
    const lock = await lockFile(path, options)
    lock.release()
  })

  // Root cause: who holds it was found out by the number of a process and the name of its host.
  it("does not depend on the note about its holder", async () => {
    const info = `${path}.lock.json`
    const said = (host: string) =>
      JSON.stringify({ pid: 2 ** 30, host, command: "it", since: "then", brief: false })
    for (const text of [said(hostname()), said("elsewhere"), "", "{}", "\u0000".repeat(99)]) {
      writeFileSync(info, text)
      const lock = await lockFile(path, options)
      expect(readFileSync(info, "utf8")).toContain("a test")
      writeFileSync(info, text)
      await expect(lockFile(path, options)).rejects.toMatchObject({ reason: "locked" })
      expect((await racer()).answer).toContain("lost")
      lock.release()
    }
  })

  it("is held by the first of two containers, and ends with it", async () => {
    const lock = await lockFile(path, options)
    expect((await racer(elsewhere)).answer).toContain(`a test (process ${process.pid} on ${hostname()}`)
    lock.release()
    const one = await racer(elsewhere)
    expect(one.answer).toBe("won")
    await expect(lockFile(path, options)).rejects.toThrow(racerThere)
    // Same number in another namespace, same name of the host: by those it is itself.
    expect((await racer(elsewhere)).answer).toContain(racerThere)
    await one.kill()
    expect((await racer()).answer).toBe("won")
  })

  it.each([
    ["that a loss of power has emptied", ""],
    ["that was never let go", null],
  ])("%s is in nobody's way", async (_, left) => {
    if (left === null) await (await racer()).kill()
    else writeFileSync(`${path}.lock`, left)
    const lock = await lockFile(path, options)
    lock.release()
    expect(statSync(`${path}.lock`).size).toBe(0)
  })

  it.each([
    [
      "that is no lock of ours",
      () => writeFileSync(`${path}.lock`, "something"),
      "not a lock that arqon wrote",
    ],
    ["that is a link", () => symlinkSync(join(folder, "victim"), `${path}.lock`), "it is a link"],
  ])("%s is left alone", async (_, put, message) => {
    writeFileSync(join(folder, "victim"), "")
    put()
    const before = readdirSync(folder)
    await expect(lockFile(path, options)).rejects.toThrow(message)
    expect(readdirSync(folder)).toEqual(before)
  })

  it("is readable by its owner only, and so is the note about its holder", async () => {
    const lock = await lockFile(path, options)
    const modes = readdirSync(folder).map((name) => [name, statSync(join(folder, name)).mode & 0o777])
    expect(modes).toEqual([
      ["run.json.lock", 0o600],
      ["run.json.lock.json", 0o600],
    ])
    lock.release()
  })

  it("is awaited if its holder releases it in a moment", async () => {
    const first = await lockFile(path, { ...options, brief: true })
    const second = lockFile(path, { ...options, patienceMs: 60_000 })
    first.release()
    const lock = await second
    lock.release()
  })

  it("goes to one of many that ask at the same time", async () => {
    const racers = await Promise.all(Array.from({ length: 6 }, () => racer()))
    expect(racers.filter(({ answer }) => answer === "won")).toHaveLength(1)
    await Promise.all(racers.map(({ leave }) => leave()))
  })

  it("shows no terminal control codes of its holder", async () => {
    const command = "\u001b]0;owned\u0007\u001b[2J\u202e\u009b31m"
    const lock = await lockFile(path, { ...options, command })
    const told = await lockFile(path, options).catch(String)
    expect(told).toContain("owned")
    expect(told).not.toMatch(/[\p{Cc}\u202e]/u)
    lock.release()
  })
})

describe("a folder on a network file system", () => {
  it.each([
    [0x6969, "NFS"],
    [0xff534d42, "CIFS"],
    // As a system with 32 bits says it.
    [0xff534d42 | 0, "CIFS"],
    [0xfe534d42, "SMB"],
  ])("(type %i) is refused by its name", (type, name) => {
    expect(() => requireLocal(folder, () => type)).toThrow(`(${name}), where locks may not work`)
  })

  it("is distinguished from a local one", () => {
    for (const type of [0xef53, 0x01021994, 0x794c7630, 0x9123683e]) {
      expect(() => requireLocal(folder, () => type)).not.toThrow()
    }
    expect(() => requireLocal(folder)).not.toThrow()
  })
})
