/** Compiling processes that are killed by SIGKILL at every point of a job: one kernel at most, whole or not there, and work goes on. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, describe, expect, it, vi } from "vitest"
import { keyText } from "../../../../src/morph/compile/ArtifactStore.ts"
import { compileFor } from "../../../../src/morph/library/KernelCompiler.ts"
import { prewarm } from "../../../../src/morph/library/prewarm.ts"
import { CompilerProcess } from "../../../../src/morph/node/compiling/CompilerProcess.ts"
import { jobsPath } from "../../../../src/morph/node/compiling/compileJob.ts"
import { type JobCounts, JobLog } from "../../../../src/morph/node/compiling/JobLog.ts"
import { templateKeys } from "../../../../src/morph/node/compiling/templateKeys.ts"
import { openLibrary } from "../../../../src/morph/node/library/openLibrary.ts"
import { ownFolder } from "../../../journal/journalRig.ts"
import { DYING, keyFor } from "./keys.ts"

const folder = ownFolder()
afterEach(() => vi.unstubAllEnvs())

/** The points of a job, in their order, and what its log says after a kill there and one more attempt. */
const POINTS: ReadonlyArray<readonly [string, Partial<JobCounts>]> = [
  // Before the record of the job, and behind it.
  ["opened", { begun: 1, lost: 1 }],
  ["begun", { begun: 2, lost: 1 }],
  // While it is compiled; with the bytes, before they are verified; and verified.
  ["compiling", { begun: 2, lost: 1 }],
  ["assembled", { begun: 2, lost: 1 }],
  ["verified", { begun: 2, lost: 1 }],
  // With its file and without a note of it, and between its note and its row: the next one finishes that.
  ["file", { begun: 2, lost: 1 }],
  ["row", { begun: 1, lost: 0 }],
  // With its row, and with its end in the log, before the answer.
  ["stored", { begun: 1, lost: 0 }],
  ["done", { begun: 1, lost: 0 }],
]

const KEY = keyFor("linear")

function dieAt(point: string, times: number, who: "itself" | "parent" = "itself"): void {
  const file = folder.in("times")
  writeFileSync(file, "-".repeat(times))
  vi.stubEnv("ARQON_DIE_AT", point)
  vi.stubEnv("ARQON_DIE_WHO", who)
  vi.stubEnv("ARQON_DIE_TIMES", file)
}

/** One kernel, whole, and nothing half done beside it. */
async function expectOne(path: string): Promise<void> {
  const library = openLibrary(path, { readOnly: true })
  expect(library.verify()).toEqual({ whole: 1, problems: [] })
  expect(library.steps(keyText(KEY))).toHaveLength(1)
  await library.close()
  expect(["objects", "coming", "aside"].map((part) => readdirSync(join(path, part)).length)).toEqual([
    2, 0, 0,
  ])
}

describe("a compiling process that is killed", () => {
  it.each(POINTS)(
    "at the point %s is followed by another one, and there is one kernel",
    async (point, counts) => {
      const directory = folder.in("library")
      dieAt(point, 1)
      const compiler = new CompilerProcess({ directory, entry: DYING })
      const compiled = await compiler.compile(KEY)
      await compiler.close()
      expect(compiled).toMatchObject({ artifact: { meta: { key: KEY } } })
      expect(compiler.counts).toEqual({ compiled: 1, refused: 0, lost: 1, retried: 1 })
      expect(JobLog.counts(jobsPath(directory))).toEqual({
        done: 1,
        refused: 0,
        interrupted: 0,
        ...counts,
      })
      await expectOne(directory)
    },
  )

  it("with whoever has asked it finishes its job, or leaves it to the next one", async () => {
    for (const point of ["opened", "begun", "assembled", "row", "done"]) {
      const directory = folder.in(point)
      dieAt(point, 1, "parent")
      const asking = spawn(
        process.execPath,
        [join(import.meta.dirname, "askingCompiler.ts"), directory, "linear"],
        { stdio: "inherit" },
      )
      await once(asking, "exit")
      expect(asking.signalCode).toBe("SIGKILL")
      const compiler = new CompilerProcess({ directory })
      expect(await compiler.compile(KEY)).toMatchObject({ artifact: { meta: { key: KEY } } })
      await compiler.close()
      expect(JobLog.counts(jobsPath(directory))).toMatchObject({ done: 1, lost: 0 })
      await expectOne(directory)
    }
  })

  it("twice gives no kernel, which is said, and is left alone, also by those that start later", async () => {
    const directory = folder.in("library")
    dieAt("assembled", 2)
    const compiler = new CompilerProcess({ directory, entry: DYING })
    expect(await compiler.compile(KEY)).toMatchObject({
      refused: [
        {
          message:
            /^was lost with linear 2 times: its process ended by SIGKILL, after it was (begun|assembled)\.$/,
          suggestion: "Run it as `fast`.",
        },
      ].map((one) => ({ ...one, message: expect.stringMatching(one.message) as string })),
      isFinal: false,
    })
    expect(await compiler.compile(keyFor("layerScale"))).toMatchObject({ artifact: {} })
    await compiler.close()
    const next = new CompilerProcess({ directory })
    expect(await next.compile(KEY)).toMatchObject({
      refused: [
        { path: "kernel", message: expect.stringContaining("was lost with its compiler twice") as string },
      ],
    })
    await next.close()
    expect(JobLog.counts(jobsPath(directory))).toMatchObject({ begun: 3, done: 1, lost: 2 })
  })

  it("in the middle of all templates costs that one a second attempt, and the others nothing", async () => {
    const directory = folder.in("library")
    dieAt("assembled", 0)
    const compiler = new CompilerProcess({ directory, entry: DYING })
    const library = openLibrary(directory, { compile: compileFor(compiler) })
    const keys = templateKeys([[4, 4]])
    expect(keys.length).toBeGreaterThanOrEqual(18)
    const said: Array<string> = []
    const { ready, refused, left } = await prewarm(library, keys, {
      said: ({ key, from, done, of }) => {
        said.push(`${done} of ${of} ${key.blueprint}: ${from}`)
        // The fifth one was compiled by the process that dies of the sixth.
        if (done === 5) dieAt("assembled", 1)
      },
    })
    // What draws while it learns is not compiled.
    expect(refused.map(({ key }) => key.blueprint)).toEqual(["dropoutMlp"])
    expect({ ready, left }).toEqual({ ready: keys.length - 1, left: 0 })
    expect(said).toHaveLength(keys.length)
    expect(compiler.counts).toMatchObject({ lost: 1, retried: 1, compiled: keys.length - 1 })
    expect(library.verify()).toEqual({ whole: keys.length - 1, problems: [] })
    await library.close()
    await compiler.close()
  })
})
