import { appendFileSync, readFileSync, writeFileSync } from "node:fs"
import { expect, it } from "vitest"
import { compileHere } from "../../../../src/morph/node/compiling/compileHere.ts"
import { jobsPath } from "../../../../src/morph/node/compiling/compileJob.ts"
import { GIVEN_UP_MS, JobLog } from "../../../../src/morph/node/compiling/JobLog.ts"
import { openLibrary } from "../../../../src/morph/node/library/openLibrary.ts"
import { ownFolder } from "../../../journal/journalRig.ts"
import { keyFor } from "./keys.ts"

const folder = ownFolder()
const lost = (id: string, atMs: number) => ({ id, how: "lost", why: "killed", atMs }) as const

it("gives a kernel up that was lost twice in a row, for an hour, also after it was opened again", async () => {
  const path = folder.in("jobs.log")
  const log = await JobLog.open(path)
  await log.begin({ id: "a", blueprint: "linear", atMs: 1 })
  await log.end(lost("a", 2))
  expect(log.givenUp("a", 3)).toBe(null)
  await log.begin({ id: "a", blueprint: "linear", atMs: 3 })
  expect(log.unfinished).toEqual(["a"])
  await log.end(lost("a", 4))
  await log.close()
  const again = await JobLog.open(path)
  expect(again.givenUp("a", 5)).toBe("killed")
  expect(again.givenUp("a", 4 + GIVEN_UP_MS)).toBe(null)
  // A clock that was set back.
  expect(again.givenUp("a", 4 - GIVEN_UP_MS)).toBe(null)
  expect(again.givenUp("b", 5)).toBe(null)
  expect(again.knows({ id: "a", atMs: 4 })).toBe(true)
  await again.done({ id: "a", wasm: "", atMs: 6 })
  expect(again.givenUp("a", 7)).toBe(null)
  await again.close()
  expect(JobLog.counts(path)).toEqual({ begun: 2, done: 1, refused: 0, lost: 2, interrupted: 0 })
})

it("does not count what was interrupted, and forgets a loss where the compiler answered", async () => {
  const log = await JobLog.open(folder.in("jobs.log"))
  await log.end(
    lost("a", 1),
    { ...lost("a", 2), how: "interrupted" },
    { ...lost("a", 3), how: "interrupted" },
  )
  expect(log.givenUp("a", 4)).toBe(null)
  await log.end({ ...lost("a", 5), how: "refused" }, lost("a", 6))
  expect(log.givenUp("a", 7)).toBe(null)
  await log.end(lost("a", 8))
  expect(log.givenUp("a", 9)).toBe("killed")
  await log.close()
})

it("keeps what matters when it has become long", async () => {
  const path = folder.in("jobs.log")
  const log = await JobLog.open(path)
  await log.end(...Array.from({ length: 5_000 }, (_, i) => lost(i < 4_998 ? `${i}` : "twice", i)))
  await log.begin({ id: "open", blueprint: "linear", atMs: 1 })
  for (let i = 0; i < 4_998; i += 1_000)
    await log.end(
      ...Array.from({ length: 1_000 }, (_, at) => ({ ...lost(`${i + at}`, 1), how: "refused" }) as const),
    )
  await log.close()
  const again = await JobLog.open(path)
  await again.close()
  expect(JobLog.counts(path)).toEqual({ begun: 1, done: 0, refused: 0, lost: 2, interrupted: 0 })
  expect(again.unfinished).toEqual(["open"])
  expect(again.givenUp("twice", 5_000)).toBe("killed")
})

it.each([
  ["a torn tail", (path: string) => appendFileSync(path, "torn"), 2],
  [
    "damage",
    (path: string) => {
      const bytes = readFileSync(path)
      bytes[40] ^= 1
      writeFileSync(path, bytes)
    },
    1,
  ],
])("with %s does not keep a kernel from being compiled", async (_, spoil, begun) => {
  const directory = folder.in("library")
  const library = openLibrary(directory)
  const compiler = compileHere(directory, library)
  await compiler.compile(keyFor("linear"))
  spoil(jobsPath(directory))
  expect(await compiler.compile(keyFor("layerScale"))).toMatchObject({ artifact: {} })
  expect(JobLog.counts(jobsPath(directory))).toMatchObject({ begun, done: begun })
  await compiler.close()
  await library.close()
})
