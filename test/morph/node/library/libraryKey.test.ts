/** The key that kernels of a library are signed with: made once, for its owner alone, and nothing runs that another one has signed. */
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { libraryKey, libraryKeyPath } from "../../../../src/morph/node/library/libraryKey.ts"
import { openLibrary } from "../../../../src/morph/node/library/openLibrary.ts"
import { ownFolder } from "../../../journal/journalRig.ts"
import { artifact } from "../../library/artifacts.ts"
import { refusalOf } from "./refusalOf.ts"

const folder = ownFolder()

async function stored(): Promise<{ readonly path: string; readonly id: string }> {
  const path = folder.in("library")
  const library = openLibrary(path)
  const { id } = library.put(artifact("linear"))
  await library.close()
  return { path, id }
}

describe("the key of a library", () => {
  it("is made at first use, for its owner alone, and stays", async () => {
    const { path, id } = await stored()
    const key = libraryKeyPath(path)
    expect(statSync(key).mode & 0o777).toBe(0o600)
    const before = readFileSync(key, "utf8")
    expect(before).toMatch(/^[\da-f]{64}\n$/)
    const again = openLibrary(path)
    expect(again.get(id)).not.toBe(null)
    expect(again.verify()).toEqual({ whole: 1, problems: [] })
    expect(readFileSync(key, "utf8")).toBe(before)
    expect(readdirSync(path).filter((name) => name.endsWith(".tmp"))).toEqual([])
    await again.close()
  })

  it("is not made by whoever only looks", async () => {
    const directory = folder.path
    expect(libraryKey(directory, { readOnly: true })).toBe(null)
    expect(readdirSync(directory)).toEqual([])
  })

  it("that is another one gives out nothing, whether it stands in the folder or is named", async () => {
    const { path, id } = await stored()
    const other = folder.in("other.key")
    writeFileSync(other, "ab".repeat(32))
    const named = openLibrary(path, { key: other, readOnly: true })
    expect(named.verify().problems).toHaveLength(1)
    expect(named.get(id)).toBe(null)
    await named.close()
    writeFileSync(libraryKeyPath(path), "cd".repeat(32), { mode: 0o600 })
    const library = openLibrary(path)
    expect(library.get(id)).toBe(null)
    expect(library.counts.forged).toBe(1)
    expect(readdirSync(join(path, "aside"))).toHaveLength(1)
    library.put(artifact("linear"))
    expect(library.get(id)?.bytes).toEqual(artifact("linear").bytes)
    await library.close()
  })

  it("that others may read, or that is no key, is refused with what to do", async () => {
    const { path } = await stored()
    const key = libraryKeyPath(path)
    chmodSync(key, 0o640)
    if (process.platform !== "win32")
      expect(refusalOf(() => openLibrary(path))).toMatch(
        /^key: .*signing\.key must be a file that its owner alone may read\. Run `chmod 600 .*`, or remove it/,
      )
    chmodSync(key, 0o600)
    writeFileSync(key, "short")
    expect(refusalOf(() => openLibrary(path))).toMatch(
      /^key: .*signing\.key must be a file with 64 hexadecimal digits\. Make one with: openssl rand -hex 32$/,
    )
    expect(refusalOf(() => openLibrary(path, { key: folder.in("none") }))).toMatch(
      /^key: .*none cannot be read: there is no such file or folder\. Name a file that is there\.$/,
    )
  })
})
