/** Candidates that are given as modules: whatever their first calls do ends their thread, and the service goes on. */
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { setTimeout as pause } from "node:timers/promises"
import { describe, expect, it, onTestFinished } from "vitest"
import { GrowthError } from "../../../src/domain/GrowthError.ts"
import { CandidateThread } from "../../../src/morph/node/CandidateThread.ts"
import { createGrowth } from "../../../src/morph/node/createGrowth.ts"
import { pipelineHost } from "../../../src/morph/service/pipelineHost.ts"
import { until } from "../../until.ts"
import { Word, works } from "./candidates/rewrites.ts"

const MODULE = new URL("./candidates/rewrites.ts", import.meta.url)

/** Offers an export of the module to a service whose callers go on calling, until its state is one of these. */
async function offered(
  name: string,
  ends: ReadonlyArray<string>,
  {
    incumbent = (word: string) => word.toLowerCase(),
    input = "ÉCLAIR",
    later = input,
    deadlineMs = 400,
    agree = (a, b) => a === b,
    mirrors,
    compared = 5,
  }: {
    readonly incumbent?: (word: never) => unknown
    readonly input?: unknown
    /** What is asked once its trial is over. */
    readonly later?: unknown
    readonly deadlineMs?: number
    readonly agree?: (a: unknown, b: unknown) => boolean
    readonly mirrors?: "process"
    readonly compared?: number
  } = {},
) {
  const host = pipelineHost({
    fold: {
      incumbent: incumbent as (word: unknown) => unknown,
      effects: "none",
      agree,
      deadlineMs,
      record: { most: 10 },
    },
  })
  const growth = createGrowth({
    host,
    seed: 1,
    windowMs: 20,
    gates: { trialCalls: 3, training: { compared, share: 1 } },
  })
  const call = host.socket("fold")
  await growth.start()
  for (let i = 0; i < 5; i++) call(input)
  await growth.germinate("fold", {
    candidate: { module: MODULE, export: name, ...(mirrors === undefined ? {} : { mirrors }) },
    name,
    why: "test",
  })
  const piece = () => growth.snapshot().pieces[0]
  const answers = new Set<unknown>()
  let tooLong = 0
  let last = piece()
  // States last for a few windows, and a busy machine may look later than that.
  const ended: ReturnType<typeof piece>[] = []
  growth.subscribe(({ pieces: [one] }) => {
    if (ends.includes(one.state)) ended.push(one)
  })
  while (ended.length === 0) {
    last = piece()
    const began = performance.now()
    for (const one of last.state === "training" ? [input, later] : [input]) answers.add(call(one))
    if (performance.now() - began > 1_000) tooLong++
    await pause(2)
  }
  const { state, cause, criticals, problems, disagreements } = ended[0]
  const { uncopied, mirroredIn } = last
  await growth.stop()
  return {
    state,
    cause,
    criticals,
    problems,
    disagreements,
    uncopied,
    mirroredIn,
    tooLong,
    answers: [...answers],
  }
}

describe("a candidate that is given as a module", () => {
  it("is tried in a thread, then loaded and mirrored in the service", async () => {
    const { state, criticals, answers } = await offered("fold", ["blending", "culled", "embargoed"])
    expect([state, criticals, answers]).toEqual(["blending", [], ["éclair"]])
  })

  it("is mirrored in its thread, where its answers are compared with those of here", async () => {
    const { cause, disagreements } = await offered("wrongThere", ["blending", "culled", "embargoed"])
    expect(cause).toMatch(/^G1 failed: agreement is 0/)
    expect(disagreements[0]).toEqual({ args: ["ÉCLAIR"], incumbent: "éclair", candidate: "éclair?" })
  })

  it("ends with the service also where it is not planted yet", async () => {
    const ports = (): number => process.getActiveResourcesInfo().filter((one) => one === "MessagePort").length
    const before = ports()
    const host = pipelineHost({
      fold: { incumbent: (word: string) => word, effects: "none", deadlineMs: 400 },
    })
    const growth = createGrowth({ host, seed: 1 })
    await growth.start()
    await growth.germinate("fold", {
      candidate: { module: MODULE, export: "fold" },
      name: "fold",
      why: "test",
    })
    expect(growth.snapshot().pieces[0].state).toBe("dormant")
    await growth.stop()
    await until(() => ports() === before)
  })

  it("may keep its thread's loop for as long as the incumbent keeps the service's, and no longer", async () => {
    const ends = ["blending", "culled", "embargoed"]
    // On a busy machine 60 ms of a thread's own time take several times as long, and being late is another critical event.
    const deadlineMs = 5_000
    const { state, criticals } = await offered("works", ends, { incumbent: works, deadlineMs })
    expect([state, criticals]).toEqual(["blending", []])
    const incumbent = async (word: string) => word.toLowerCase()
    const { cause } = await offered("works", ends, { incumbent, deadlineMs })
    expect(cause).toMatch(/^3 critical events, the last one: it kept the loop for \d+ ms/)
  }, 40_000)

  it("is mirrored in the service's own thread where its owner says so", async () => {
    const { state, mirroredIn } = await offered("wrongThere", ["blending", "culled"], { mirrors: "process" })
    expect([state, mirroredIn]).toEqual(["blending", "process"])
  })

  it("is culled at the third thread that it hangs, and callers wait for none of them", async () => {
    const { criticals, cause, answers, tooLong } = await offered("hangsLater", ["culled", "embargoed"], {
      later: "HANG",
      compared: 10_000,
      deadlineMs: 100,
    })
    expect(cause).toMatch(/^3 critical events, the last one: it lost its thread: no answer/)
    expect(criticals).toHaveLength(3)
    for (const critical of criticals) expect(critical).toBe("lost its thread: no answer after 1000 ms")
    expect(answers).toEqual(["éclair", "hang"])
    expect(tooLong).toBe(0)
  }, 30_000)

  it("is mirrored here where its answers are of a class, which is said once and counted", async () => {
    const { state, problems, uncopied, mirroredIn } = await offered("wordOf", ["blending", "culled"], {
      incumbent: (word: string) => new Word(word.toLowerCase()),
      agree: (a, b) => a instanceof Word && b instanceof Word && a.text === b.text,
    })
    expect([state, mirroredIn]).toEqual(["blending", "process"])
    expect(problems.map(({ path }) => path)).toEqual(["host.fold.answers"])
    expect(uncopied).toBeGreaterThan(0)
  })

  it("is mirrored here where copying finds out too late, and loses no thread by it", async () => {
    const answers = await offered("proxied", ["blending", "culled"], {
      incumbent: (word: string) => ({ text: word.toLowerCase() }),
      agree: (a, b) => (a as Word).text === (b as Word).text,
    })
    expect([answers.state, answers.criticals, answers.mirroredIn]).toEqual(["blending", [], "process"])
    const buffer = new ArrayBuffer(8)
    structuredClone(buffer, { transfer: [buffer] })
    const inputs = await offered("lengthOf", ["blending", "culled"], {
      incumbent: (bytes: { readonly byteLength?: number }) => bytes.byteLength ?? 0,
      later: buffer,
    })
    expect([inputs.state, inputs.criticals, inputs.mirroredIn]).toEqual(["blending", [], "thread"])
    expect(inputs.problems.map(({ path }) => path)).toEqual(["host.fold.inputs"])
  })

  it("is mirrored here with inputs that cannot be copied, which is said once and counted", async () => {
    const { state, problems, uncopied, mirroredIn } = await offered("fold", ["blending", "culled"], {
      later: Object.assign(() => "", { toLowerCase: () => "x" }),
    })
    expect([state, mirroredIn]).toEqual(["blending", "thread"])
    expect(problems.map(({ path }) => path)).toEqual(["host.fold.inputs"])
    expect(uncopied).toBeGreaterThan(0)
  })

  it.each<[string, RegExp]>([
    ["loops", /no answer after 400 ms/],
    ["locks", /no answer after 400 ms/],
    ["hogs", /memory limit/],
    ["buffers", /more than 512 MB were taken/],
    ["leaves", /its thread ended with 3/],
  ])("ends its thread and nothing else where it %s", async (name, why) => {
    // Memory takes a while to fill; the loops are what the deadline is for.
    const deadlineMs = name === "loops" || name === "locks" ? 400 : 60_000
    const { cause, criticals, answers } = await offered(name, ["culled", "embargoed", "training"], {
      deadlineMs,
    })
    expect(cause).toMatch(/^G0 failed: trialFailures is /)
    expect(criticals[0]).toMatch(why)
    expect(answers).toEqual(["éclair"])
  })

  // A trial gives a late call up by itself, with the same words. Only the thread's own deadline ends what still runs there.
  it.each(["loops", "locks"])(
    "loses its thread at the deadline where it %s",
    async (name) => {
      const thread = await new CandidateThread({ module: MODULE, export: name }, 100).started()
      onTestFinished(thread.close)
      await expect(thread.call("ÉCLAIR")).rejects.toThrow("its quarantine was ended: no answer after 100 ms")
      expect(thread.endedBy).toBe("no answer after 100 ms")
    },
    5_000,
  )

  it("is not ended where the service keeps its own loop for longer than the deadline", async () => {
    const keepLoop = (ms: number): void => {
      for (const began = performance.now(); performance.now() - began < ms; );
    }
    const thread = await new CandidateThread({ module: MODULE, export: "fold" }, 100).started()
    onTestFinished(thread.close)
    // After this turn the timers that are due come first, and only then what the thread has said.
    await new Promise((resolve) => void setImmediate(resolve))
    const answer = thread.call("ÉCLAIR")
    keepLoop(300)
    await answer
    expect(thread.endedBy).toBeNull()
    const incumbent = (word: string): string => {
      keepLoop(150)
      return word.toLowerCase()
    }
    const ends = ["blending", "culled", "embargoed"]
    const { state, criticals } = await offered("fold", ends, { incumbent, deadlineMs: 100 })
    expect([state, criticals]).toEqual(["blending", []])
  }, 20_000)

  it("is waited for by a program that has nothing else to do, and holds none afterwards", async () => {
    const thread = new URL("../../../src/morph/node/CandidateThread.ts", import.meta.url)
    const program = `
      import { CandidateThread } from ${JSON.stringify(thread.href)}
      const thread = new CandidateThread({ module: ${JSON.stringify(MODULE.href)}, export: "fold" }, 1000)
      await thread.started()
      console.log("started")`
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", program])
    expect(stdout).toBe("started\n")
  }, 20_000)

  it("is not ended where its answer comes in parts, which take longer together than its deadline", async () => {
    const thread = await new CandidateThread({ module: MODULE, export: "paced" }, 400).started()
    onTestFinished(thread.close)
    await thread.call(100, 8)
    const args = [300, 7]
    const came = await thread.mirror({ args, limitMs: 400, gapMs: undefined, kinds: new Set() })
    expect(came).toMatchObject({ outcome: { error: false, answer: [0, 1, 2, 3, 4, 5, 6] }, criticals: [] })
    expect(thread.endedBy).toBeNull()
  }, 20_000)

  it("is culled where it writes into its input there", async () => {
    const { cause, criticals } = await offered("writes", ["culled", "embargoed", "training"], {
      incumbent: (words: Array<string>) => words.at(-1),
      input: ["a", "b"],
    })
    expect(cause).toMatch(/^G0 failed: trialFailures is /)
    expect(criticals[0]).toContain("wrote into its input")
  })

  it.each<[string, unknown, ReadonlyArray<string>]>([
    ["no URL", { module: "./rewrites.ts", export: "fold" }, ["candidate.module"]],
    ["no name", { module: MODULE, export: 3 }, ["candidate.export"]],
    [
      "a module that is not there",
      { module: new URL("./none.ts", MODULE), export: "fold" },
      ["candidate.module"],
    ],
    ["an export that is not there", { module: MODULE, export: "flod" }, ["candidate.export"]],
    ["an export that cannot be called", { module: MODULE, export: "notAFunction" }, ["candidate.export"]],
  ])("is refused by field with %s, and the incumbent goes on", async (_, candidate, paths) => {
    const host = pipelineHost({ fold: { incumbent: String, effects: "none", deadlineMs: 50 } })
    const growth = createGrowth({ host })
    await growth.start()
    const refused = growth.germinate("fold", { candidate: candidate as never, name: "new", why: "test" })
    const error: unknown = await refused.catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(GrowthError)
    expect((error as GrowthError).problems.map(({ path }) => path)).toEqual(paths)
    expect(host.socket("fold")(3)).toBe("3")
    expect(growth.snapshot().pieces[0].state).toBe("dormant")
    await growth.stop()
  })
})
