/** What Windows does otherwise, with the system injected: names that are devices, and files that somebody else has open. */
import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { giveName, type Renaming } from "../../src/system/giveName.ts"
import { windowsProblem } from "../../src/system/windowsNames.ts"

describe("a name on Windows", () => {
  it.each(["nul", "NUL.json", "C:\\runs\\con.state.json", "./aux", "com1.txt", "LPT9", "com¹", "conin$"])(
    "is refused where it is a device: %s",
    (path) => {
      expect(windowsProblem(path, "win32")).toContain("as a device")
      expect(windowsProblem(path, "linux")).toBeNull()
    },
  )

  it.each(["run:1", "a?.json", 'x"y', "b|c", "tab\there"])(
    "is refused with what no name may have: %s",
    (path) => {
      expect(windowsProblem(path, "win32")).toContain("Windows allows none of")
    },
  )

  it("is refused if Windows would drop its end, so that two names would be one file", () => {
    expect(windowsProblem("run.", "win32")).toContain("drops dots and spaces")
    expect(windowsProblem("run ", "win32")).toContain("drops dots and spaces")
  })

  it("may contain a device's name, and may lie in any folder of a drive", () => {
    for (const path of [
      "nulls.json",
      "D:\\nul.d\\state.json",
      "console",
      "com10.txt",
      "C:/a b/tune.state.json",
    ])
      expect(windowsProblem(path, "win32"), path).toBeNull()
  })
})

describe("giving a finished file its name", () => {
  const failing = (codes: ReadonlyArray<string>, platform: NodeJS.Platform) => {
    const left = [...codes]
    const pauses: Array<number> = []
    let calls = 0
    const system: Renaming = {
      platform,
      rename: () => {
        calls++
        const code = left.shift()
        return code === undefined
          ? Promise.resolve()
          : Promise.reject(Object.assign(new Error(code), { code }))
      },
      pause: (ms) => {
        pauses.push(ms)
        return Promise.resolve()
      },
    }
    return { system, pauses, calls: () => calls }
  }
  const busy = fc.constantFrom("EPERM", "EACCES", "EBUSY")

  it("is retried on Windows while another program has the file open, with growing pauses", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(busy, { maxLength: 10 }), async (codes) => {
        const { system, pauses, calls } = failing(codes, "win32")
        await giveName("a", "b", system)
        expect(calls()).toBe(codes.length + 1)
        expect(pauses).toEqual(pauses.toSorted((a, b) => a - b))
        expect(pauses).toHaveLength(codes.length)
      }),
    )
  })

  it("ends with the system's own error after two seconds of retries", async () => {
    const { system, pauses } = failing(Array<string>(20).fill("EPERM"), "win32")
    await expect(giveName("a", "b", system)).rejects.toThrow("EPERM")
    expect(pauses.reduce((sum, ms) => sum + ms, 0)).toBeLessThan(2_500)
  })

  it("fails at once for any other reason, and on any other system", async () => {
    const full = failing(["ENOSPC"], "win32")
    await expect(giveName("a", "b", full.system)).rejects.toThrow("ENOSPC")
    const linux = failing(["EPERM"], "linux")
    await expect(giveName("a", "b", linux.system)).rejects.toThrow("EPERM")
    expect([full.calls(), linux.calls()]).toEqual([1, 1])
  })
})
