/** The commands one after the other, as people use them; files in the seeds' own shapes among them. */
import { existsSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { useDesk } from "./rig.ts"

const desk = useDesk()
/** As the seeds write it. */
const SEEDS_CONFIG = {
  seed: 42,
  budget: 100,
  bounds: { x: { min: -5, max: 5, scale: "Linear" } },
  probe_ratio: 0.2,
  batch_size: 4,
  strategy_params: { alpha: 0.1 },
}
const SEEDS_STATE = {
  config: { seed: 42, budget: 10, probe_ratio: 0.5, bounds: { x: { min: 0, max: 1 } } },
  history: [{ params: { x: 0.5 }, value: 0.25, cost: 1 }],
  run_id: "export-test",
}

describe("upstream's files", () => {
  it("validate, with a note on fields without effect", async () => {
    desk.write("c.json", { ...SEEDS_CONFIG, max_delta: 0.1, cooldown_steps: 5 })
    const { code, stdout, stderr } = await desk.run("validate", "--config", "c.json")
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Config OK/)
    expect(stdout).toContain("x  -5 to 5, linear")
    expect(stderr).toMatch(/warning: max_delta: .*\nwarning: cooldown_steps: /)
  })

  it("may name any strategy, even one that a program must import", async () => {
    desk.write("c.json", { ...SEEDS_CONFIG, strategy: "random" })
    const { code, stdout } = await desk.run("ask", "--config", "c.json", "--batch", "2")
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toHaveLength(2)
  })

  it("give any number of points to an ask without a state", async () => {
    desk.write("c.json", SEEDS_CONFIG)
    const [plain, two, ids] = await Promise.all([
      desk.run("ask", "--config", "c.json"),
      desk.run("ask", "--config", "c.json", "--batch", "2"),
      desk.run("ask", "--config", "c.json", "--batch", "2", "--ids"),
    ])
    const points = JSON.parse(two.stdout) as ReadonlyArray<unknown>
    expect(points).toHaveLength(2)
    expect(JSON.parse(plain.stdout)).toHaveLength(4)
    expect(JSON.parse(plain.stdout).slice(0, 2)).toEqual(points)
    expect(JSON.parse(ids.stdout)).toEqual(points.map((params, id) => ({ id, params })))
  })

  it("accept results from a file, each only once", async () => {
    desk.write("s.json", { ...SEEDS_STATE, history: [] })
    desk.write("r.json", [{ params: { x: 0.5 }, value: 0.25, cost: 1 }])
    expect(await desk.run("tell", "--state", "s.json", "--results", "r.json")).toMatchObject({
      code: 0,
      stderr: "",
    })
    expect(desk.json("s.json").history).toMatchObject([
      { params: { x: 0.5 }, value: 0.25, cost: 1, eval_id: null },
    ])
  })

  it("keep name and history through export and import", async () => {
    desk.write("s.json", SEEDS_STATE)
    // As mktemp leaves it.
    desk.write("new.json", "")
    expect(await desk.run("export", "--state", "s.json", "--output", "a.json")).toMatchObject({ code: 0 })
    const artifact = desk.json("a.json")
    expect(artifact).toMatchObject({
      run_id: "export-test",
      seed: 42,
      budget: 10,
      environment: { platform: process.platform },
    })
    expect(await desk.run("import", "--artifact", "a.json", "--state", "new.json")).toMatchObject({ code: 0 })
    expect(desk.json("new.json")).toMatchObject({ run_id: "export-test", history: artifact.history })
    expect(artifact.history).toHaveLength(1)
    const twice = await desk.run("import", "--artifact", "a.json", "--state", "new.json")
    expect(twice).toMatchObject({ code: 1, stderr: expect.stringContaining("--force") })
    expect((await desk.run("import", "--artifact", "a.json", "--state", "new.json", "--force")).code).toBe(0)
  })

  it("can be imported from an artifact without bounds if a configuration has them", async () => {
    desk.write("a.json", {
      run_id: "bare",
      seed: 42,
      budget: 10,
      history: [{ eval_id: 0, params: { x: 0.5 }, value: 0.25, cost: 1 }],
    })
    const bare = await desk.run("import", "--artifact", "a.json", "--state", "s.json")
    expect(bare).toMatchObject({ code: 1, stderr: expect.stringContaining("--config") })
    expect(existsSync(desk.path("s.json"))).toBe(false)
    desk.write("c.json", SEEDS_STATE.config)
    expect(
      await desk.run("import", "--artifact", "a.json", "--state", "s.json", "--config", "c.json"),
    ).toMatchObject({ code: 0 })
    expect(desk.json("s.json")).toMatchObject({
      run_id: "bare",
      history: [{ params: { x: 0.5 }, value: 0.25 }],
    })
    expect(JSON.parse((await desk.run("ask", "--state", "s.json", "--batch", "1")).stdout)).toHaveLength(1)
  })
})

describe("a run as a document", () => {
  const finished = async () => {
    desk.write("c.json", { seed: 1, budget: 40, bounds: { x: { min: 0, max: 1 }, y: { min: 0, max: 1 } } })
    await desk.run(
      "run",
      "--config",
      "c.json",
      "--script",
      'awk "BEGIN { print ($ARQON_x - 0.3)^2 + 0.01 * $ARQON_y }"',
      "--state",
      "s.json",
      "--quiet",
    )
    await desk.run("export", "--state", "s.json", "--output", "a.json")
  }

  it("is verified bit for bit, and the first change is located", async () => {
    await finished()
    const same = await desk.run("verify", "--artifact", "a.json")
    expect(same).toMatchObject({ code: 0, stdout: expect.stringContaining("Same bit for bit") })
    const artifact = JSON.parse(desk.read("a.json")) as {
      history: Array<{ value: number; params: { x: number } }>
    }
    const changed = structuredClone(artifact)
    changed.history[20].params.x += 1e-15
    desk.write("point.json", changed)
    const other = structuredClone(artifact)
    other.history[30].value = 9
    desk.write("value.json", other)
    const [point, value] = await Promise.all([
      desk.run("verify", "--artifact", "point.json"),
      desk.run("verify", "--artifact", "value.json"),
    ])
    expect(point).toMatchObject({ code: 4, stdout: expect.stringMatching(/Differs.*20.*x/s) })
    expect(value).toMatchObject({ code: 4, stdout: expect.stringMatching(/^Differs/) })
  })

  it("is drawn in the terminal and as SVG, identically each time", async () => {
    await finished()
    const [curve, shares, svg, again, bars] = await Promise.all([
      desk.run("plot", "--state", "s.json"),
      desk.run("plot", "--artifact", "a.json", "--kind", "importance"),
      desk.run("plot", "--state", "s.json", "--output", "curve.svg"),
      desk.run("plot", "--artifact", "a.json", "--output", "again.svg"),
      desk.run("plot", "--state", "s.json", "--kind", "importance", "--output", "bars.svg"),
    ])
    expect([curve, shares, svg, again, bars].map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      Array.from({ length: 5 }, () => ({ code: 0, stderr: "" })),
    )
    expect(curve.stdout).toMatch(/Convergence of run-1-.*probe +classify +refine/s)
    expect(shares.stdout).toMatch(/ x .* y .* together /s)
    expect(desk.read("curve.svg")).toBe(desk.read("again.svg"))
    expect(desk.read("curve.svg")).toMatch(/^<svg [^]*<\/svg>\n$/)
    expect(desk.read("bars.svg")).toMatch(/^<svg [^]*<\/svg>\n$/)
  })

  it("warms up a run of another configuration, outside its budget", async () => {
    await finished()
    desk.write("bigger.json", {
      seed: 9,
      budget: 50,
      bounds: { x: { min: 0, max: 0.5 }, y: { min: 0, max: 1 } },
    })
    const { code, stdout } = await desk.run(
      "import",
      "--artifact",
      "s.json",
      "--config",
      "bigger.json",
      "--state",
      "more.json",
    )
    expect(code).toBe(0)
    const inside = desk.json("s.json").history.filter(({ params }) => params.x <= 0.5).length
    expect(stdout).toContain(`warm start with ${inside} of 40 evaluations; ${40 - inside} left out`)
    expect(desk.json("more.json").history.map(({ phase }) => phase)).toEqual(
      Array.from({ length: inside }, () => "seed"),
    )
    const asked = await desk.run("ask", "--state", "more.json", "--batch", "50")
    expect(JSON.parse(asked.stdout)).toHaveLength(50)
  })
})

describe("a mistake", () => {
  it("in a configuration is shown in place, all problems at once", async () => {
    desk.write("c.json", '{\n  "budget": 0,\n  "bounds": { "x": { "min": 1, "max": 2, "scle": "log" } }\n}\n')
    const { code, stdout, stderr } = await desk.run("validate", "--config", "c.json")
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" })
    expect(stderr).toContain("c.json:2:13: budget: ")
    expect(stderr).toContain('  2 |   "budget": 0,\n    |             ^')
    expect(stderr).toContain('Did you mean "scale"?')
  })

  it("in other files is shown too, and nothing is written", async () => {
    desk.write("torn.json", '{"config": {')
    desk.write("c.json", SEEDS_CONFIG)
    desk.write("s.json", SEEDS_STATE)
    const before = desk.read("s.json")
    const [torn, results, empty, missing] = await Promise.all([
      desk.run("run", "--config", "c.json", "--script", "echo 1", "--state", "torn.json"),
      desk.runWith('[{"params": {"x": 2}, "value": 1}]', "tell", "--state", "s.json"),
      desk.runWith("", "tell", "--state", "s.json"),
      desk.run("export", "--state", "nothing.json", "--output", "a.json"),
    ])
    expect(torn).toMatchObject({ code: 1, stderr: expect.stringContaining("torn.json:1:") })
    expect(results).toMatchObject({ code: 1, stderr: expect.stringContaining("stdin:1:") })
    expect(empty).toMatchObject({ code: 1, stderr: expect.stringContaining("Nothing came on stdin") })
    expect(missing).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("There is no file nothing.json"),
    })
    expect(desk.read("torn.json")).toBe('{"config": {')
    expect(desk.read("s.json")).toBe(before)
    expect(existsSync(desk.path("a.json"))).toBe(false)
  })

  it("in the arguments gives one message on stderr with the likely intent, and exit code 2", async () => {
    const wrong: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
      [["rnu"], "Did you mean run?"],
      [["run", "--confg", "x"], "Did you mean --config?"],
      [["run", "--config", "x"], "needs --script"],
      [["run", "--config", "x", "--script", "y", "--timeout", "soon"], "--timeout must be a time"],
      [
        ["run", "--config", "x", "--script", "y", "--concurrency", "0"],
        "--concurrency must be a whole number from 1 to 1024",
      ],
      [["plot", "--kind", "pie"], '"convergence" or "importance"'],
      [["plot"], "needs one of --state and --artifact"],
      [["validate"], "needs --config, --state or --artifact"],
    ]
    const answers = await Promise.all(wrong.map(([args]) => desk.run(...args)))
    answers.forEach(({ code, stdout, stderr }, i) => {
      expect({ args: wrong[i][0], code, stdout }).toEqual({ args: wrong[i][0], code: 2, stdout: "" })
      expect(stderr).toContain(wrong[i][1])
    })
  })
})

describe("help", () => {
  it("goes to stdout, and completions exist for three shells", async () => {
    const [root, run, version, ...completions] = await Promise.all([
      desk.run("--help"),
      desk.run("run", "--help"),
      desk.run("--version"),
      ...["bash", "zsh", "fish"].map((shell) => desk.run("completions", shell)),
    ])
    expect(version.stdout).toMatch(/^arqon \d+\.\d+\.\d+\n$/)
    expect(root.stdout).toMatch(/^ {2}interactive {2,}Exchange JSON lines/m)
    expect(run.stdout).toMatch(/--concurrency <n> .*\n[^]*EXAMPLES\n/)
    for (const { code, stdout } of completions) {
      expect(code).toBe(0)
      for (const word of ["interactive", "concurrency"]) expect(stdout).toContain(word)
      // How it says it is installed is how it was called.
      expect(stdout).toMatch(/^# {3}arqon completions (bash|zsh|fish) >/m)
    }
  })
})
