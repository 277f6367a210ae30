/** `arqon run` with real shell scripts: what they are given, what they may answer, and what becomes of those that fail. */
import { existsSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { isRunning, useDesk } from "./rig.ts"
import { until } from "../until.ts"

const desk = useDesk()
const config = (budget: number, more: object = {}) =>
  desk.write("tune.json", {
    seed: 3,
    budget,
    bounds: { x: { min: -2, max: 2 }, n: { min: 1, max: 9, step: 1 } },
    ...more,
  })
const run = (script: string, ...more: ReadonlyArray<string>) =>
  desk.run("run", "--config", "tune.json", "--script", script, "--state", "state.json", ...more)
/** (x - 1)^2 + (n - 4)^2, in the shell's own arithmetic of whole numbers. */
const QUADRATIC = [
  'x=$(printf %.0f "$(echo "$ARQON_x" | sed "s/$/e6/")")',
  "d=$((x - 1000000))",
  "echo RESULT=$((d / 1000 * (d / 1000) + 1000000 * (ARQON_n - 4) * (ARQON_n - 4)))",
]

describe("a run", () => {
  it("finds the minimum of a shell script, shows each evaluation, and prints the best", async () => {
    config(60)
    const { code, stdout, stderr } = await run(desk.script("f.sh", ...QUADRATIC))
    expect(code).toBe(0)
    const state = desk.json("state.json")
    expect(state.history.map(({ eval_id }) => eval_id)).toEqual(Array.from({ length: 60 }, (_, i) => i))
    expect(Math.min(...state.history.map(({ value }) => value ?? Infinity))).toBeLessThan(100)
    expect(stdout).toMatch(/^Best value {2}\d+ .*\n {2}n {2}4\n {2}x {2}(0\.99|1\.00|1$|1\n)/)
    expect(stdout).toContain("60 of 60 evaluations")
    expect(
      stderr.split("\n").filter((line) => /^\[ ?\d+\/60\] #\d+ (probe|classify|refine)/.test(line)),
    ).toHaveLength(60)
  })

  it("passes parameters as variables and as JSON, accepts JSON answers, and reports as JSON", async () => {
    config(3, {
      bounds: { x: { min: 0, max: 1 }, "a b": { choices: ["one", "two"] }, on: { type: "boolean" } },
    })
    const script = desk.program(
      "f.js",
      process.execPath,
      "const { env } = process",
      'const line = require("fs").readFileSync(0, "utf8").trim()',
      'const seen = [env.ARQON_EVAL_ID, env.ARQON_SEED, env.ARQON_x, env["ARQON_a b"], env.ARQON_on, line].join(" ")',
      'require("fs").appendFileSync("seen.txt", seen + "\\n")',
      'console.log("thinking...\\n" + JSON.stringify({ value: Number(env.ARQON_x), cost: 2.5, note: "fine" }))',
    )
    const { code, stdout, stderr } = await run(script, "--json")
    expect({ code, stderr }).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("A shell cannot read ARQON_a b"),
    })
    const { history } = desk.json("state.json")
    const seen = history.map(({ eval_id, params }) =>
      [eval_id, 3, params.x, params["a b"], params.on, JSON.stringify(params)].join(" "),
    )
    expect(desk.read("seen.txt").trim().split("\n")).toEqual(seen)
    expect(history.map(({ value, cost }) => [value, cost])).toEqual(
      history.map(({ params }) => [params.x, 2.5]),
    )
    expect(JSON.parse(stdout)).toMatchObject({
      run_id: desk.json("state.json").run_id,
      phase: "done",
      interrupted: false,
      counts: { told: 3, failed: 0 },
    })
  })

  it("records failures with their reason, retries as often as asked, and continues", async () => {
    config(8)
    const script = desk.script(
      "f.sh",
      'echo . >> "tries-$ARQON_EVAL_ID"',
      "case $ARQON_EVAL_ID in",
      "0) echo RESULT=nan ;;",
      '1) echo "first line" >&2; echo "no such data" >&2; exit 3 ;;',
      "2) echo finished ;;",
      "3) kill -9 $$ ;;",
      '4) echo "{\\"failed\\": \\"diverged\\"}" ;;',
      '5) [ "$(wc -l < tries-5)" -gt 1 ] && echo 7 || exit 1 ;;',
      "6) ;;",
      "*) echo 1 ;;",
      "esac",
    )
    const { code, stderr } = await run(script, "--retries", "2", "--stop-after-failures", "0")
    expect(code).toBe(0)
    const { history } = desk.json("state.json")
    const tries = (id: number) => desk.read(`tries-${id}`).trim().split("\n").length
    expect(history.map(({ eval_id, value, error }) => [value, error ?? null, tries(eval_id ?? -1)])).toEqual([
      [null, "the value is NaN", 1],
      [null, "exit code 3; stderr: first line | no such data (3 attempts)", 3],
      [null, "the last line is not a result: finished (3 attempts)", 3],
      [null, "ended by SIGKILL (3 attempts)", 3],
      [null, "diverged", 1],
      [7, null, 2],
      [null, "printed nothing (3 attempts)", 3],
      [1, null, 1],
    ])
    expect(stderr).toMatch(/#1 probe +failed: exit code 3; stderr: first line \| no such data/)
  })

  it("ends a script that takes too long, with everything it started", async () => {
    config(2)
    const script = desk.script(
      "f.sh",
      '[ "$ARQON_EVAL_ID" = 1 ] && { echo 5; exit; }',
      "trap '' TERM",
      "sleep 1000 &",
      "echo $$ $! > pids.txt",
      "while true; do sleep 1000; done",
    )
    const { code } = await run(script, "--timeout", "300ms")
    expect(code).toBe(0)
    expect(desk.json("state.json").history.map(({ value, error }) => [value, error])).toEqual([
      [null, "took longer than 300 ms and was stopped"],
      [5, undefined],
    ])
    for (const pid of desk.read("pids.txt").trim().split(" ")) expect(isRunning(Number(pid))).toBe(false)
  })

  it("neither waits for what a script leaves behind, nor leaves it running", async () => {
    config(1)
    const { code } = await run(desk.script("f.sh", "sleep 1000 &", "echo $! > pid.txt", "echo 3"))
    expect(code).toBe(0)
    expect(desk.json("state.json").history[0].value).toBe(3)
    expect(isRunning(Number(desk.read("pid.txt")))).toBe(false)
  })

  it("ends with code 3 if every evaluation fails, and records them", async () => {
    config(40)
    const { code, stdout, stderr } = await run(
      desk.script("f.sh", "exit 1"),
      "--concurrency",
      "2",
      "--stop-after-failures",
      "0",
    )
    expect(code).toBe(3)
    expect(stdout).toContain("No evaluation returned a value.")
    expect(stdout).toContain("40 of 40 evaluations, 40 failed")
    // Nobody has seen it.
    expect(stdout).not.toContain("The landscape looks")
    expect(stderr).toContain("Every evaluation failed.")
    const { history } = desk.json("state.json")
    expect(history.filter(({ status }) => status === "failed")).toHaveLength(40)
  })

  it("ends after three failures if none has succeeded, says why, and can be resumed", async () => {
    config(40)
    const failing = desk.script("f.sh", 'echo "cannot open data.csv" >&2', "exit 2")
    const first = await run(failing)
    expect(first.code).toBe(3)
    expect(first.stdout).toContain("3 of 40 evaluations, 3 failed")
    expect(first.stdout).toContain(
      "Ended early: 3 evaluations have failed in a row, and none has succeeded. The last one: exit code 2; stderr: cannot open data.csv.",
    )
    expect(first.stdout).toContain("--stop-after-failures 0")
    expect(first.stdout).not.toContain("The landscape looks")
    expect(first.stderr).toContain("Every evaluation failed.")
    const second = await run(failing, "--json")
    expect(second.code).toBe(3)
    expect(JSON.parse(second.stdout)).toMatchObject({
      best: null,
      classification: null,
      interrupted: false,
      counts: { told: 6, failed: 6, pending: 0 },
      stopped: {
        reason: "failures",
        failures_in_a_row: 3,
        last_failure: "exit code 2; stderr: cannot open data.csv",
      },
    })
    const mended = await run(desk.script("f.sh", "echo 1"), "--json")
    expect(mended.code).toBe(0)
    expect(JSON.parse(mended.stdout)).toMatchObject({ phase: "done", stopped: null, counts: { told: 40 } })
  })

  it("continues through failures once one evaluation has succeeded, unless a number says otherwise", async () => {
    config(12)
    const script = desk.script("f.sh", '[ "$ARQON_EVAL_ID" = 2 ] && echo 1 || exit 1')
    expect(await run(script)).toMatchObject({ code: 0 })
    desk.write("tune.json", { budget: 12, bounds: { x: { min: 0, max: 1 } } })
    const common = ["--config", "tune.json", "--script", script, "--json"]
    const limited = (most: string, state: string) =>
      desk.run("run", ...common, "--state", state, "--stop-after-failures", most)
    const two = await limited("2", "two.json")
    expect(two.code).toBe(3)
    expect(JSON.parse(two.stdout)).toMatchObject({ counts: { told: 2 }, stopped: { failures_in_a_row: 2 } })
    const four = await limited("4", "four.json")
    expect(four.code).toBe(3)
    expect(JSON.parse(four.stdout)).toMatchObject({
      best: { value: 1 },
      counts: { told: 7 },
      stopped: { failures_in_a_row: 4 },
    })
    // The last of the budget may fail: there was nothing to end.
    const ten = await limited("9", "nine.json")
    expect(ten.code).toBe(0)
    expect(JSON.parse(ten.stdout)).toMatchObject({ counts: { told: 12 }, stopped: null })
    expect(await limited("-1", "none.json")).toMatchObject({ code: 2 })
  })

  it("waits for running evaluations when too many have failed, and keeps them", async () => {
    config(40)
    const script = desk.script(
      "f.sh",
      '[ "$ARQON_EVAL_ID" = 0 ] || exit 1',
      // On disk they are once they have been taken down.
      `while [ "$(grep -o '"status": *"failed"' state.json 2> /dev/null | wc -l)" -lt 3 ]; do sleep 0.01; done`,
      "echo 5",
    )
    const { code, stdout } = await run(script, "--concurrency", "4", "--json")
    expect(code).toBe(3)
    expect(JSON.parse(stdout)).toMatchObject({ best: { value: 5 }, counts: { pending: 0 } })
  })

  it("evaluates as many in parallel as allowed: here each waits for the other", async () => {
    config(6)
    const script = desk.script(
      "f.sh",
      'touch "begun-$ARQON_EVAL_ID"',
      "other=$((ARQON_EVAL_ID ^ 1))",
      'while [ ! -e "begun-$other" ]; do sleep 0.01; done',
      "echo 1",
    )
    expect(await run(script, "--concurrency", "2", "--quiet")).toMatchObject({ code: 0, stderr: "" })
    expect(desk.json("state.json").history).toHaveLength(6)
  })

  it("accepts a shell command, and spends nothing on one that cannot run", async () => {
    config(2)
    expect(await run('echo "RESULT=$ARQON_n"')).toMatchObject({ code: 0 })
    const before = desk.read("state.json")
    expect(JSON.parse(before).history).toHaveLength(2)
    desk.write("other.json", { budget: 5, bounds: { x: { min: 0, max: 1 } } })
    desk.write("plain.txt", "not a program")
    const wrong = (script: string) =>
      desk.run("run", "--config", "other.json", "--script", script, "--state", "new.json")
    const [missing, notExecutable, unknown, folder, noInterpreter] = await Promise.all([
      wrong("./nowhere.sh"),
      wrong("plain.txt"),
      desk.run("run", "--config", "other.json", "--script", "no-such-command --fast"),
      wrong("."),
      (desk.script("odd.sh"),
      desk.write("odd.sh", "#!/no/such/interpreter\n"),
      desk.run("run", "--config", "other.json", "--script", "./odd.sh")),
    ])
    expect(missing).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('there is no file "./nowhere.sh"'),
    })
    expect(notExecutable).toMatchObject({ code: 1, stderr: expect.stringContaining("chmod +x plain.txt") })
    expect(unknown).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("no-such-command --fast cannot be run"),
    })
    expect(folder).toMatchObject({ code: 1, stderr: expect.stringContaining("is a folder") })
    expect(noInterpreter).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("the program in its first line (#!)"),
    })
    expect(existsSync(desk.path("new.json"))).toBe(false)
  })

  it("refuses a state of another configuration and says what differs", async () => {
    config(2)
    const script = desk.script("f.sh", "echo 1")
    await run(script)
    const before = desk.read("state.json")
    config(3)
    const { code, stderr } = await run(script)
    expect(code).toBe(1)
    expect(stderr).toContain("budget: 2 there, 3 in tune.json")
    expect(stderr).not.toContain("seed:")
    expect(desk.read("state.json")).toBe(before)
  })
})

describe("an interrupted run", () => {
  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)(
    "ends its scripts on %s, saves, exits with %d, and the next one begins with what was pending",
    async (signal, exit) => {
      config(8)
      const script = desk.script(
        "f.sh",
        'echo "$ARQON_EVAL_ID" >> order.txt',
        '[ -e go ] || [ "$ARQON_EVAL_ID" -lt 3 ] || { echo $$ >> pids.txt; echo waiting >&2; while true; do sleep 1000; done; }',
        "echo $ARQON_n",
      )
      const first = desk.start([
        "run",
        "--config",
        "tune.json",
        "--script",
        script,
        "--state",
        "state.json",
        "--concurrency",
        "2",
      ])
      // Both workers hang on evaluations 3 and 4 once three are recorded.
      await first.seen(/\[3\/8\]/)
      await waitForLines("pids.txt", 2)
      first.child.kill(signal)
      const { code, stdout } = await first.ended
      expect(code).toBe(exit)
      expect(stdout).toContain("Interrupted. Everything is in")
      for (const pid of desk.read("pids.txt").trim().split("\n")) expect(isRunning(Number(pid))).toBe(false)
      const saved = desk.json("state.json")
      expect([saved.history.length, saved.pending.map(({ eval_id }) => eval_id)]).toEqual([3, [3, 4]])
      desk.write("go", "")
      desk.write("order.txt", "")
      const second = await run(script)
      expect(second).toMatchObject({
        code: 0,
        stderr: expect.stringContaining("3 of 8 evaluations done, 2 started but not finished"),
      })
      expect(desk.read("order.txt").trim().split("\n")).toEqual(["3", "4", "5", "6", "7"])
      const { history, run_id } = desk.json("state.json")
      expect([history.length, run_id]).toEqual([8, saved.run_id])
      expect(history.slice(0, 3)).toEqual(saved.history)
    },
  )
})

/** Until a file that scripts append to has so many lines. */
const waitForLines = (name: string, lines: number): Promise<void> =>
  until(() => existsSync(desk.path(name)) && desk.read(name).split("\n").length > lines)
