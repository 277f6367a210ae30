/** The studio in a terminal: what is drawn, what is typed, and the command against a real studio. */
import fc from "fast-check"
import { PassThrough } from "node:stream"
import type { ReadStream, WriteStream } from "node:tty"
import { describe, expect, it } from "vitest"
import { fitted, padded } from "../../../src/system/plainText.ts"
import { makeStyles } from "../../../src/cli/output.ts"
import { connect } from "../../../src/cli/studioConnection.ts"
import { gainOf } from "../../../src/studio/protocol/gain.ts"
import type { EngineEntry, WindowMessage } from "../../../src/studio/protocol/protocol.ts"
import { Prompt } from "../../../src/cli/tui/Prompt.ts"
import { screen, type ScreenContent, sparkline, track } from "../../../src/cli/tui/screen.ts"
import { objectivesOf, withWindow } from "../../../src/cli/tui/timeLine.ts"
import { Terminal } from "../../../src/cli/tui/Terminal.ts"
import { useDesk } from "../../cli/rig.ts"
import { openRig } from "./rig.ts"

const desk = useDesk()

const entry: EngineEntry = {
  id: "e",
  name: "quotes",
  runId: "e",
  source: "recorded",
  readOnly: true,
  objective: "minimize",
  label: { name: null, unit: null },
  knobs: Array.from({ length: 30 }, (_, i) => ({
    name: `a knob with a long name ${i}`,
    min: 1,
    max: 64,
    scale: "log",
    step: null,
    initial: 8,
  })),
  config: {},
  preset: "balanced",
  guardrails: {},
  machines: [],
  recording: null,
}

const shown: ScreenContent = {
  entry,
  snapshot: null,
  frame: null,
  states: {
    atUs: 0,
    actors: [
      {
        path: "engine/latch",
        machine: "safeMode",
        status: "active",
        active: ["safeMode", "safeMode.open.untilReset"],
        tags: ["safe"],
      },
    ],
  },
  budgets: null,
  objectives: [3, 2, 1],
  gain: null,
  records: ["12  apply  g4", "13  rollback  g5"],
  footer: "q quit",
}

const typed = (prompt: Prompt, keys: string): ReturnType<Prompt["key"]> =>
  Array.from(keys).reduce<ReturnType<Prompt["key"]>>((_, key) => prompt.key(key), null)

describe("the screen", () => {
  it("is never wider or higher than the terminal, and always shows the footer", () => {
    fc.assert(
      fc.property(fc.integer({ min: 30, max: 200 }), fc.integer({ min: 7, max: 80 }), (columns, rows) => {
        const lines = screen(shown, columns, rows, makeStyles(false))
        expect(lines.length).toBeLessThanOrEqual(rows)
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns)
        expect(lines.at(-1)).toContain("q quit")
      }),
    )
  })

  it("shows states, knobs and the last records if there is room", () => {
    const text = screen(shown, 100, 60, makeStyles(false)).join("\n")
    expect(text).toContain("safeMode.open.untilReset")
    expect(text).toContain("rollback  g5")
    expect(text).toContain("█▅▁ 1")
  })

  it("shows the objective with its unit, and the gain with its certainty", () => {
    const gain = {
      now: 18.2,
      before: 30.1,
      against: "baseline",
      share: -0.395,
      margin: 0.03,
      load: null,
    } as const
    const named = { ...entry, label: { name: "mean latency", unit: "ms" } }
    const said = (changed: Partial<ScreenContent>): string =>
      screen({ ...shown, entry: named, gain, ...changed }, 100, 60, makeStyles(false)).join("\n")
    expect(said({})).toContain("mean latency, minimize █▅▁ 1 ms")
    expect(said({})).toContain("18.2 ms instead of 30.1 at the baseline: -40 % (±3)")
    expect(said({ gain: { ...gain, margin: 0.4 } })).toContain("no clear difference (±40 %)")
    expect(said({ gain: { ...gain, load: 2 } })).toContain("at the baseline, with 2 times the throughput:")
    expect(said({ gain: null })).not.toContain("instead of")
  })

  it("separates the readings of a visited baseline, and counts each window once", () => {
    const window = (index: number, place: "tuned" | "baseline", objective: number) =>
      ({
        status: "closed",
        closedUs: index,
        place,
        objective,
        start: null,
        throughputRps: null,
      }) as WindowMessage
    const none = { times: [], objective: [], baseline: [], throughput: [], marks: [], start: null }
    const windows = [1, 2, 3, 4, 5, 6].flatMap((i) => [
      window(2 * i, "baseline", 10),
      window(2 * i + 1, "tuned", 5),
    ])
    const line = [...windows, windows[11]].reduce(withWindow, none)
    expect(objectivesOf(line, Number.POSITIVE_INFINITY)).toEqual([5, 5, 5, 5, 5, 5])
    expect(objectivesOf(line, 6)).toEqual([5, 5])
    expect(gainOf(line, null)).toMatchObject({ now: 5, before: 10, against: "baseline", share: -0.5 })
  })

  it("shows some of everything if there are more knobs than lines, and how many are hidden", () => {
    const lines = screen(shown, 80, 24, makeStyles(false))
    const text = lines.join("\n")
    expect(text).toContain("safeMode.open.untilReset")
    expect(text).toContain("rollback  g5")
    const drawn = lines.filter((line) => line.startsWith("a knob")).length
    expect(drawn).toBeGreaterThan(5)
    expect(text).toContain(`… and ${30 - drawn} more knobs`)
  })

  it("lets no name or note control the terminal, and measures characters of zero or two columns", () => {
    const hostile = "\u001b]0;mine\u0007\u009b2J\u202e\n"
    const named = {
      ...shown,
      entry: { ...entry, name: `quotes${hostile}`, knobs: [{ ...entry.knobs[0], name: `工${hostile}` }] },
      records: [`12  ${hostile}`],
      footer: `trip by ann: ${hostile}`,
    }
    const lines = screen(named, 80, 24, makeStyles(false))
    expect(lines.filter((line) => /\p{Cc}|\u202e/u.test(line))).toEqual([])
    expect(lines.filter((line) => line.startsWith("quotes"))).toHaveLength(1)
    expect(padded("日本e\u0301", 6)).toBe("日本e\u0301 ")
    expect(fitted("🚀🚀🚀", 5)).toBe("🚀🚀…")
    expect(fitted("🚀🚀🚀", 6)).toBe("🚀🚀🚀")
  })

  it("draws readings between their minimum and maximum, and a knob on its own scale", () => {
    expect(sparkline([0, 1, 2, 3, 4, 5, 6, 7], 8)).toBe("▁▂▃▄▅▆▇█")
    expect(sparkline([5, 5], 8)).toBe("▄▄")
    expect(track(1, 64, "log", 8, 1, 7)).toBe("│──●───")
    expect(track(0, 10, "linear", 10, 0, 5)).toBe("│───●")
  })
})

describe("the prompt", () => {
  it("carries out an action once it has a reason and a confirmation", () => {
    const prompt = new Prompt(["trip", "reset"])
    expect(typed(prompt, "tsmokX\u007fe\r")).toBeNull()
    expect(prompt.footer).toBe("trip: smoke  Really? y/n")
    expect(prompt.key("y")).toEqual({ action: "trip", reason: "smoke" })
    expect(typed(prompt, "tno 🚀🚀\u007f\ry")).toEqual({ action: "trip", reason: "no 🚀" })
  })

  it("does nothing without a reason or a yes, after Escape, or if not allowed", () => {
    for (const keys of ["t\r", "t  \r", "tsmoke\rn", "tsmoke\u001b", "bsmoke\ry"]) {
      expect([keys, typed(new Prompt(["trip"]), keys)]).toEqual([keys, null])
    }
  })

  it("quits on q, and on Ctrl-C anywhere", () => {
    expect(new Prompt([]).key("q")).toEqual({ quit: true })
    expect(typed(new Prompt(["trip"]), "tsmoq\u0003")).toEqual({ quit: true })
  })
})

describe("the terminal", () => {
  it("is redrawn in place, only on changes, and restored at the end", () => {
    const written: Array<string> = []
    const modes: Array<boolean> = []
    const keys: Array<string> = []
    const input = Object.assign(new PassThrough(), { setRawMode: (raw: boolean) => modes.push(raw) })
    const output = { columns: 80, rows: 24, write: (text: string) => written.push(text) }
    const terminal = new Terminal(input as unknown as ReadStream, output as unknown as WriteStream, (key) =>
      keys.push(key),
    )
    terminal.draw(["one", "two"])
    terminal.draw(["one", "two"])
    terminal.draw(["one"])
    terminal.close()
    expect(written).toHaveLength(4)
    expect(written.join("")).not.toContain("\u001b[2J")
    expect(written[0]).toContain("\u001b[?1049h")
    expect(written[3]).toContain("\u001b[?1049l")
    expect(written[3]).toContain("\u001b[?25h")
    expect(modes).toEqual([true, false])
  })
})

describe("arqon tui", () => {
  it("prints one view of a running studio without a terminal", async () => {
    const { url, work, engine } = await openRig({ name: "quotes" })
    work(20)
    engine.setBaseline()
    engine.trip("before \u001b[2J anybody looked")
    const { code, stdout } = await desk.run("tui", "--url", url)
    expect(code).toBe(0)
    for (const part of [
      "quotes  running",
      "SafeMode: manualTrigger",
      "before \\u001b[2J a",
      "minimize",
      "speed",
      "workers",
      "engine/cycle",
      " of ",
    ]) {
      expect(stdout).toContain(part)
    }
  })

  it("requires the token if the studio does", async () => {
    const { url } = await openRig({ token: "0123456789abcdef" })
    const refused = await desk.run("tui", "--url", url)
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("token")])
    desk.write("token", "0123456789abcdef\n")
    expect((await desk.run("tui", "--url", url, "--token-file", "token")).code).toBe(0)
  })

  it("accepts the link as it was printed, and warns of who can read it", async () => {
    const { engine } = await openRig()
    const studio = await engine.studio()
    const { code, stdout, stderr } = await desk.run("tui", "--url", studio.url)
    expect([code, stderr]).toEqual([0, expect.stringContaining("can read the token")])
    expect(stdout).not.toContain(studio.token)
    await studio.stop()
  })

  it("asks once for the link or the token, only if somebody can answer and one is required", async () => {
    const { engine, url: open } = await openRig()
    const studio = await engine.studio()
    const { origin } = new URL(studio.url)
    const never = (): Promise<string> => Promise.reject(new Error("asked"))
    for (const answer of [studio.url, `  ${studio.token}\n`]) {
      const { session } = await connect(origin, null, () => Promise.resolve(answer))
      expect(session.engines[0].id).toBe(engine.runId)
    }
    await expect(connect(origin, null, () => Promise.resolve("wrong"))).rejects.toThrow("not the token")
    await expect(connect(origin, null, null)).rejects.toThrow("--token-file")
    await expect(connect(`${origin}/?token=wrong`, null, never)).rejects.toThrow("not the token")
    await expect(connect("127.0.0.1:7070", null, never)).rejects.toThrow("is not an address")
    expect((await connect(open, null, never)).url).toBe(open)
    await studio.stop()
  })

  it("names what is missing", async () => {
    expect((await desk.run("tui")).code).toBe(2)
    expect((await desk.run("tui", "--journal", "nowhere")).code).toBe(1)
    expect((await desk.run("tui", "--url", "http://127.0.0.1:9")).stderr).toContain("No studio responds")
  })
})
