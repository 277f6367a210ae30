/** Folders that are no library, a later one, damaged, full or read-only: each is one error with field and remedy, and stays as it was. */
import { spawnSync } from "node:child_process"
import fs, { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { syncBuiltinESMExports } from "node:module"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterEach, describe, expect, it } from "vitest"
import { GrowthError } from "../../../../src/domain/GrowthError.ts"
import { openLibrary } from "../../../../src/morph/node/library/openLibrary.ts"
import { ownFolder } from "../../../journal/journalRig.ts"
import { artifact, keyOf } from "../../library/artifacts.ts"
import { spoil } from "./spoil.ts"

const folder = ownFolder()
const after: Array<() => void> = []
afterEach(() => {
  for (const undo of after.splice(0).toReversed()) undo()
})

const refusal = (call: () => unknown): string => {
  try {
    call()
  } catch (cause) {
    expect(cause).toBeInstanceOf(GrowthError)
    const { problems } = cause as GrowthError
    expect(problems.map(({ path }) => path)).toEqual(["library"])
    return `${problems[0].message} ${problems[0].suggestion}`
  }
  throw new Error("it was not refused")
}

async function made(name = "library"): Promise<string> {
  const path = folder.in(name)
  const library = openLibrary(path)
  library.put(artifact("linear"))
  await library.close()
  return path
}

function inDatabase(path: string, sql: string): void {
  mkdirSync(path, { recursive: true })
  const db = new DatabaseSync(join(path, "library.db"))
  db.exec(sql)
  db.close()
}

/** Every file with its bytes. */
const contents = (path: string): ReadonlyArray<string> =>
  readdirSync(path, { recursive: true, encoding: "utf8" })
    .map((name) => join(path, name))
    .filter((name) => statSync(name).isFile() && !/-(wal|shm)$/.test(name))
    .map((name) => `${name} ${readFileSync(name).toString("hex")}`)

/** Lets the system refuse a call of the disk for as long as a test runs. */
function failing(name: "writeFileSync" | "openSync" | "readFileSync", code: string): () => void {
  const real = fs[name]
  const fail = (...args: ReadonlyArray<unknown>): unknown => {
    const [path] = args
    if (typeof path === "string" && !/objects|coming/.test(path)) return Reflect.apply(real, fs, args)
    throw Object.assign(new Error(`${code}: by the hand of a test`), { code })
  }
  Reflect.set(fs, name, fail)
  syncBuiltinESMExports()
  const mend = (): void => {
    Reflect.set(fs, name, real)
    syncBuiltinESMExports()
  }
  after.push(mend)
  return mend
}

/** A file system of its own; false where none may be mounted. */
function mounted(at: string, kilobytes: number): boolean {
  mkdirSync(at, { recursive: true })
  if (spawnSync("mount", ["-t", "tmpfs", "-o", `size=${kilobytes}k`, "tmpfs", at]).status !== 0) return false
  after.push(() => void spawnSync("umount", ["-l", at]))
  return true
}

describe("a library", () => {
  it("of a later format is refused with both numbers, and stays as it was", async () => {
    const path = await made()
    inDatabase(path, "PRAGMA user_version = 7")
    const before = contents(path)
    for (const readOnly of [false, true])
      expect(refusal(() => openLibrary(path, { readOnly }))).toMatch(
        /library\.db has format 7, .*this one knows 1\. Use that version, or name another directory\./,
      )
    expect(contents(path)).toEqual(before)
  })

  it.each([
    [
      "another program's",
      (path: string) => inDatabase(path, "CREATE TABLE artifacts (a)"),
      /another program's/,
    ],
    ["of another mark", (path: string) => inDatabase(path, "PRAGMA application_id = 7"), /another program's/],
    [
      "that is text",
      (path: string) => {
        mkdirSync(path)
        writeFileSync(join(path, "library.db"), "no database ".repeat(500))
      },
      /is not a SQLite database.*Restore it from a copy, or name another directory/,
    ],
  ])("in a database %s is refused, and stays as it was", (_, spoilt, said) => {
    const path = folder.in("library")
    spoilt(path)
    const before = contents(path)
    expect(refusal(() => openLibrary(path))).toMatch(said)
    expect(contents(path)).toEqual(before)
  })

  it("that is not there is not made by whoever only looks", () => {
    expect(refusal(() => openLibrary(folder.in("none"), { readOnly: true }))).toMatch(/could not be opened/)
    expect(existsSync(folder.in("none"))).toBe(false)
  })

  it("in a file, or below one, says so", () => {
    writeFileSync(folder.in("file"), "")
    expect(refusal(() => openLibrary(folder.in("file")))).toMatch(/is not a folder/)
    expect(refusal(() => openLibrary(join(folder.in("file"), "library")))).toMatch(/is not a folder/)
  })

  it("believes no row whose key, bytes or state somebody else has changed", async () => {
    const path = await made()
    for (const change of [
      "UPDATE artifacts SET descriptor = replace(descriptor, 'linear', 'other')",
      "UPDATE artifacts SET wasm = wat",
      "UPDATE artifacts SET state = 'best'",
    ]) {
      const copy = folder.in(`copy ${change.length}`)
      fs.cpSync(path, copy, { recursive: true })
      inDatabase(copy, change)
      const library = openLibrary(copy)
      expect(refusal(() => library.select())).toMatch(/was changed by other means.*Restore it from a copy/)
      await library.close()
    }
  })

  it("is read while another process writes", async () => {
    const path = await made()
    const writing = new DatabaseSync(join(path, "library.db"))
    writing.exec("BEGIN IMMEDIATE")
    const library = openLibrary(path, { readOnly: true })
    expect(library.verify()).toEqual({ whole: 1, problems: [] })
    writing.close()
    await library.close()
  })

  it.each([
    ["ENOSPC", "no space is left on the disk. Free some space; nothing was changed."],
    ["EROFS", "the file system is read-only. Mount the disk for writing, or name another directory."],
    ["EACCES", "permission denied. Give this process the right to read and write there"],
  ])(
    "on a disk that answers %s keeps nothing of a kernel, says why, and goes on later",
    async (code, said) => {
      const library = openLibrary(await made())
      for (const call of ["writeFileSync", "openSync"] as const) {
        const mend = failing(call, code)
        expect(refusal(() => library.put(artifact("bottleneck", {}, `${call} ${code}`)))).toContain(said)
        mend()
        expect(library.verify()).toEqual({ whole: 1, problems: [] })
      }
      library.put(artifact("bottleneck"))
      expect(library.verify().whole).toBe(2)
      await library.close()
    },
  )

  it("on a disk that cannot be read gives what is in memory, then nothing, and asks again after a rest", async () => {
    const path = await made()
    const library = openLibrary(path)
    expect((await library.fetch(keyOf("linear"))).from).toBe("store")
    const other = library.put(artifact("bottleneck"))
    failing("readFileSync", "EIO")
    expect((await library.fetch(keyOf("linear"))).from).toBe("memory")
    for (let i = 0; i < 3; i++) expect(library.get(other.id)).toBe(null)
    expect(library.breakerState).toBe("open")
    expect(library.counts).toMatchObject({ failures: 3, damaged: 0 })
    await library.close()
  })

  it.each(["full", "read-only"] as const)("on a disk that is %s in truth is refused", async (how) => {
    const disk = folder.in("disk")
    // Mounting is for root on Linux; elsewhere there are the tests above.
    if (!mounted(disk, 4096)) return
    const path = await made("disk/library")
    const library = openLibrary(path)
    const large = { ...artifact("bottleneck"), bytes: new Uint8Array(8_000_000) }
    if (how === "full") expect(refusal(() => library.put(large))).toMatch(/no space is left on the disk/)
    await library.close()
    if (how === "read-only") {
      spawnSync("mount", ["-o", "remount,ro", disk])
      expect(refusal(() => openLibrary(path))).toMatch(/the file system is read-only/)
    }
    const looking = openLibrary(path, { readOnly: true })
    expect(looking.verify()).toEqual({ whole: 1, problems: [] })
    await looking.close()
  })

  it("packs what is large, and notices a changed byte in it", async () => {
    const path = folder.in("library")
    const library = openLibrary(path, { packAbove: 1_000 })
    const given = { ...artifact("linear"), bytes: new Uint8Array(100_000).fill(7) }
    const stored = library.put(given)
    const [packed] = readdirSync(join(path, "objects")).filter((file) => file.endsWith(".wasm.zst"))
    expect(statSync(join(path, "objects", packed)).size).toBeLessThan(1_000)
    expect(library.get(stored.id)?.bytes).toEqual(given.bytes)
    await library.close()
    spoil(path, stored, "wasm", ".zst")
    const again = openLibrary(path)
    expect(again.get(stored.id)).toBe(null)
    expect(again.counts.damaged).toBe(1)
    expect(readdirSync(join(path, "aside"))).toEqual([packed])
    again.put(given)
    expect(again.get(stored.id)?.bytes).toEqual(given.bytes)
    await again.close()
  })
})
