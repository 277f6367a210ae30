/** `arqon study`: a search of several processes, whose evaluations are scripts or programs in any language. */
import { describe, expect, it } from "vitest"
import { useDesk } from "./rig.ts"

const desk = useDesk()
const CONFIG = { seed: 2, budget: 12, bounds: { x: { min: -1, max: 1 } } }
const SQUARE = ["read line", "echo \"$line\" | sed 's/.*:\\([^}]*\\)}/\\1/' | awk '{ print $1 * $1 }'"]
const STUDY = ["--storage", "s.db", "--name", "n"] as const

const create = async (): Promise<void> => {
  desk.write("tune.json", CONFIG)
  const { stdout } = await desk.run("study", "create", ...STUDY, "--config", "tune.json")
  expect(stdout).toBe("SQLite s.db has the study n: 12 evaluations.\n")
}

describe("arqon study", () => {
  it("is done by scripts of two workers, shown, exported and verified", async () => {
    await create()
    const script = desk.script("square.sh", ...SQUARE)
    const work = ["study", "work", ...STUDY, "--script", script, "--parallel", "2"]
    const ended = await Promise.all([desk.run(...work), desk.run(...work)])
    for (const { code, stdout } of ended) {
      expect(code).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject({ done: true, told: 12, failed: 0 })
    }
    // One line an evaluation, by the worker that made it.
    const lines = ended.flatMap(({ stderr }) => stderr.split("\n").filter((line) => line !== ""))
    const ids = lines.map((line) => Number(/^\[ ?\d+\/12\] #(\d+) \w+ +value /.exec(line)?.[1]))
    expect(ids.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])
    const shown = await desk.run("study", "show", ...STUDY)
    expect(shown.stdout).toContain("n: done, 12 of 12 evaluations told, 0 failed")
    expect(shown.stdout).toContain("0 trials out\n0 workers")
    // Without a terminal both are one frame.
    const watched = await desk.run("study", "show", ...STUDY, "--watch")
    expect(watched.stdout).toMatch(/^n {2}auto, minimize\ndone +━+ +12\/12 {2}best /)
    expect(watched.stdout).toMatch(/\n#11 +told +\S+ {2}x \S+ {2}\S+\n/)
    expect((await desk.run("tui", "--storage", "s.db", "--study", "n")).stdout).toBe(watched.stdout)
    await desk.run("study", "export", ...STUDY, "--output", "n.json")
    expect((await desk.run("verify", "--artifact", "n.json")).code).toBe(0)
  })

  it("speaks JSON lines with a program in any language, and hands back what it did not answer", async () => {
    await create()
    const running = desk.start(["study", "work", ...STUDY, "--parallel", "2"], null)
    const replies: Array<Record<string, unknown>> = []
    const answer = (result: object): void => void running.child.stdin?.write(`${JSON.stringify(result)}\n`)
    running.child.stdout?.on("data", (text: string) => {
      for (const line of text.split("\n").filter((one) => one !== "")) {
        const reply = JSON.parse(line) as Record<string, unknown>
        replies.push(reply)
        const { id } = reply
        if (id === 0) answer({ id: 77, value: 1 })
        if (id === 3) running.child.stdin?.end()
        else if (id === 2) answer({ id: 2, failed: "no such point" })
        else if (typeof id === "number") answer({ id, value: id })
      }
    })
    expect((await running.ended).code).toBe(0)
    expect(replies.map(({ error }) => error)).toContain("id must name a trial that is out here, got 77")
    const { stdout } = await desk.run("study", "show", ...STUDY, "--json")
    const status = JSON.parse(stdout) as Record<string, number>
    expect(status).toMatchObject({ failed: 1, stopped: false })
    const given = replies.filter(({ id }) => typeof id === "number").length
    expect(status["told"] + status["out"]).toBe(given)
    expect(status["out"]).toBeGreaterThan(0)
    expect((await desk.run("study", "retry", ...STUDY)).stdout).toBe("1 trial waits for a worker again.\n")
    const changed = await desk.run("study", "change", ...STUDY, "--budget", "20", "--stop")
    expect(changed.stdout).toMatch(/of 20 evaluations told, stopped\.\n$/)
  })

  it("refuses in one sentence: no file, no study, no server, and never shows a password", async () => {
    const show = (storage: string, name = "n") =>
      desk.run("study", "show", "--name", name, "--storage", storage)
    const none = await show("none.db")
    expect(none.code).toBe(1)
    expect(none.stderr).toContain("There is no file none.db")
    await create()
    expect((await show("s.db", "m")).stderr).toContain("has no study of this name")
    const tui = (...flags: ReadonlyArray<string>) => desk.run("tui", ...flags)
    expect((await tui("--storage", "none.db")).stderr).toContain("There is no file none.db")
    expect((await tui("--storage", "s.db", "--study", "m")).stderr).toContain('There is no study "m" here.')
    expect(await tui("--url", "http://127.0.0.1:9", "--study", "n")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--study is the name of a study in a --storage."),
    })
    const { code, stderr } = await show("postgres://me:secret@127.0.0.1:1/x")
    expect(code).toBe(1)
    expect(stderr).toContain("PostgreSQL 127.0.0.1:1/x: it cannot be reached")
    expect(stderr).not.toContain("secret")
    expect((await desk.run("cluster", "migrate", "--storage", "s.db")).stdout).toBe(
      "SQLite s.db: up to date.\n",
    )
  })
})
