/** Libraries among real processes: several that write at once, and one that is killed wherever it can be. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readdirSync } from "node:fs"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { describe, expect, it } from "vitest"
import { keyText } from "../../../../src/morph/compile/ArtifactStore.ts"
import { openLibrary } from "../../../../src/morph/node/library/openLibrary.ts"
import { ownFolder } from "../../../journal/journalRig.ts"
import { artifact, keyOf } from "../../library/artifacts.ts"

const folder = ownFolder()
const AT_ONCE = 4

async function ran(script: string, args: ReadonlyArray<string>) {
  const child = spawn(process.execPath, [join(import.meta.dirname, script), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  const said = text(child.stdout)
  await once(child, "exit")
  return { said: await said, signal: child.signalCode, code: child.exitCode }
}

const filesIn = (path: string): ReadonlyArray<string> =>
  ["objects", "coming", "aside"].flatMap((part) => readdirSync(join(path, part)))

describe("a library", () => {
  it("of several processes keeps one kernel for a key, and each of them is whole", async () => {
    const path = folder.in("library")
    const names = ["a", "b", "c"]
    const runs = await Promise.all(names.map((name) => ran("writingLibrary.ts", [path, name, "12"])))
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0])
    const library = openLibrary(path)
    expect(library.verify()).toEqual({ whole: 6 + names.length * 6, problems: [] })
    // All were told the same of what they share: the kernel of whoever was first.
    const told = new Set(runs.flatMap(({ said }) => said.trim().split("\n")))
    expect(told.size).toBe(6 + names.length * 6)
    expect(told).toEqual(new Set(library.select().map(({ id, wasm }) => `${id} ${wasm}`)))
    await library.close()
  })

  it("that is killed anywhere holds a kernel whole or not at all, and finishes it when it is opened", async () => {
    const { said } = await ran("dyingLibrary.ts", [folder.in("0"), "0"])
    const opened = Number(/opened after (\d+)/.exec(said)?.[1])
    const calls = Number(/(\d+) calls\n$/.exec(said)?.[1])
    expect(calls - opened).toBeGreaterThan(15)
    const killedAt = async (at: number): Promise<boolean> => {
      const path = folder.in(String(at))
      const died = await ran("dyingLibrary.ts", [path, String(at)])
      expect(died.signal).toBe("SIGKILL")
      const library = openLibrary(path)
      const kernel = library.get(keyText(keyOf("linear")))
      if (kernel !== null) expect(kernel.bytes).toEqual(artifact("linear").bytes)
      expect(library.verify().problems).toEqual([])
      library.put(artifact("linear"))
      library.collect()
      expect(library.verify()).toEqual({ whole: 1, problems: [] })
      // Nothing half done is left behind.
      expect(filesIn(path)).toHaveLength(2)
      await library.close()
      return kernel !== null
    }
    const found: Array<boolean> = []
    for (let at = 1; at <= calls; at += AT_ONCE)
      found.push(
        ...(await Promise.all(
          Array.from({ length: Math.min(AT_ONCE, calls + 1 - at) }, (_, i) => killedAt(at + i)),
        )),
      )
    // A kill after the name of the note is given, before the row is committed or the note removed, loses nothing any more.
    expect(found.map((has) => (has ? "+" : "-")).join("")).toMatch(/^-+\+{3,}$/)
  })
})
