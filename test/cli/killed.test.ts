/** What is left of a run whose process is killed at any moment, and who may hold a state. */
import { execFileSync } from "node:child_process"
import { createReadStream, readdirSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { Draw } from "../../src/solver/Draw.ts"
import { parseSolverState } from "../../src/solver/SolverState.ts"
import { StateError } from "../../src/domain/errors.ts"
import { useDesk } from "./rig.ts"

const desk = useDesk()
const KILLS = 10

describe("a run that is killed", () => {
  it("leaves a readable state with everything shown so far, at any of ten moments", async () => {
    desk.write("tune.json", {
      seed: 5,
      budget: 400,
      bounds: { x: { min: 0, max: 1 }, y: { min: 0, max: 1 } },
    })
    const script = desk.script("f.sh", "echo RESULT=$ARQON_EVAL_ID")
    const args = [
      "run",
      "--config",
      "tune.json",
      "--script",
      script,
      "--state",
      "state.json",
      "--concurrency",
      "3",
    ]
    const draw = new Draw(1, 0)
    const shown = new Set<number>()
    let before: ReadonlyArray<unknown> = []
    for (let kill = 0; kill < KILLS; kill++) {
      const run = desk.start(args)
      const lines = 1 + draw.below(15)
      // At the moment a line is shown, or somewhere in the work that follows it.
      await run.seen(new RegExp(`(?:#\\d+ [^]*?){${lines}}`))
      for (let turn = draw.below(40); turn > 0; turn--) await new Promise((resolve) => setImmediate(resolve))
      run.child.kill("SIGKILL")
      const { signal, stderr } = await run.ended
      expect(signal).toBe("SIGKILL")
      for (const [, id] of stderr.matchAll(/#(\d+) .*\n/g)) shown.add(Number(id))
      const state = parseSolverState(desk.json("state.json"))
      if (state instanceof StateError) throw state
      const saved = new Map(state.history.map(({ eval_id, value }) => [eval_id, value]))
      for (const id of shown) expect(saved.get(id)).toBe(id)
      // What was there stays, in its order; nothing is there twice.
      expect(state.history.slice(0, before.length)).toEqual(before)
      expect(saved.size).toBe(state.history.length)
      before = state.history
    }
    expect(shown.size).toBeGreaterThanOrEqual(KILLS)
    const next = desk.start(args)
    await next.seen(/Resuming .*: \d+ of 400 evaluations done/)
    next.child.kill("SIGINT")
    expect((await next.ended).code).toBe(130)
    expect(readdirSync(desk.folder).sort()).toEqual(["f.sh", "state.json", "state.json.lock", "tune.json"])
  })

  it("ends every running script and its children, even those that ignore signals", async () => {
    execFileSync("mkfifo", [desk.path("alive")])
    desk.write("tune.json", { seed: 5, budget: 60, bounds: { x: { min: 0, max: 1 } } })
    // Whoever lives holds the pipe open: it ends when the last of them is gone.
    const script = desk.script(
      "f.sh",
      "exec 9>alive",
      'test $((ARQON_EVAL_ID % 2)) = 0 || trap "" TERM',
      "sleep 300 &",
      "echo begun >&9",
      "sleep 300",
      "sleep 300",
    )
    const run = desk.start(["run", "--config", "tune.json", "--script", script, "--concurrency", "6"])
    let begun = 0
    for await (const chunk of createReadStream(desk.path("alive"), "utf8")) {
      begun += String(chunk).split("begun").length - 1
      if (begun === 6) run.child.kill("SIGKILL")
    }
    expect(begun).toBe(6)
    expect((await run.ended).signal).toBe("SIGKILL")
  })
})

describe("a state", () => {
  it("is held by one process; others see its name and change nothing", async () => {
    desk.write("tune.json", { budget: 5, bounds: { x: { min: 0, max: 1 } } })
    const holder = desk.start(["interactive", "--config", "tune.json", "--state", "state.json"], null)
    holder.child.stdin?.write('{"cmd":"ask"}\n')
    await new Promise((resolve) => holder.child.stdout?.once("data", resolve))
    const before = desk.read("state.json")
    const others = await Promise.all([
      desk.run("run", "--config", "tune.json", "--script", "echo 1", "--state", "state.json"),
      desk.run("ask", "--state", "state.json"),
      desk.run("import", "--artifact", "state.json", "--state", "state.json", "--force"),
    ])
    for (const { code, stderr } of others) {
      expect(code).toBe(5)
      expect(stderr).toMatch(/state\.json is in use: arqon interactive \(process \d+ on .+\) holds it/)
    }
    expect(desk.read("state.json")).toBe(before)
    // Looking is allowed.
    expect((await desk.run("validate", "--state", "state.json")).code).toBe(0)
    holder.child.stdin?.end()
    expect((await holder.ended).code).toBe(0)
    expect((await desk.run("ask", "--state", "state.json")).code).toBe(0)
  })

  it("accepts results from many processes at once: each waits its turn", async () => {
    desk.write("tune.json", { budget: 8, bounds: { x: { min: 0, max: 1 } } })
    await desk.run("ask", "--config", "tune.json", "--state", "state.json", "--batch", "4")
    const tells = await Promise.all(
      [0, 1, 2, 3].map((id) =>
        desk.runWith(JSON.stringify({ id, value: id }), "tell", "--state", "state.json"),
      ),
    )
    expect(tells.map(({ code }) => code)).toEqual([0, 0, 0, 0])
    const { history } = desk.json("state.json")
    expect(new Set(history.map(({ eval_id }) => eval_id))).toEqual(new Set([0, 1, 2, 3]))
    expect(history).toHaveLength(4)
  })
})
