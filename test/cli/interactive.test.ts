/** `arqon interactive`: a conversation in JSON lines that a program in any language can hold. */
import { describe, expect, it } from "vitest"
import { useDesk } from "./rig.ts"

const desk = useDesk()
type Reply = Readonly<Record<string, unknown>>
const CONFIG = { seed: 2, budget: 30, bounds: { x: { min: -1, max: 1 }, mode: { choices: ["a", "b"] } } }

/** Sends lines one by one, each after the answer to the one before. */
function talk(...args: ReadonlyArray<string>) {
  const running = desk.start(["interactive", ...args], null)
  const replies: Array<string> = []
  let open = ""
  const arrived: Array<(line: string) => void> = []
  running.child.stdout?.on("data", (text: string) => {
    const lines = (open + text).split("\n")
    open = lines.pop() ?? ""
    for (const line of lines) {
      replies.push(line)
      arrived.shift()?.(line)
    }
  })
  const say = (line: string | object): Promise<Reply> =>
    new Promise((resolve) => {
      arrived.push((answer) => resolve(JSON.parse(answer) as Reply))
      running.child.stdin?.write(`${typeof line === "string" ? line : JSON.stringify(line)}\n`)
    })
  const end = async () => {
    running.child.stdin?.end()
    return running.ended
  }
  return { ...running, say, end, replies }
}

describe("a conversation", () => {
  it("drives a study to its end, and saves the state after every answer", async () => {
    desk.write("tune.json", CONFIG)
    const { say, end, replies } = talk("--config", "tune.json", "--state", "state.json")
    let told = 0
    for (;;) {
      const reply = await say({ cmd: "ask", batch: 4 })
      if (reply.params === null) {
        expect(reply).toEqual({ ok: true, params: null, ids: null, phase: "done" })
        break
      }
      const params = reply.params as ReadonlyArray<{ x: number; mode: string }>
      expect(desk.json("state.json").pending.map(({ eval_id }) => eval_id)).toEqual(reply.ids)
      const results = params.map(({ x, mode }, i) => ({
        id: (reply.ids as ReadonlyArray<number>)[i],
        value: (x - 0.3) ** 2 + (mode === "b" ? 0 : 1),
      }))
      const report = await say({ cmd: "tell", results })
      told += params.length
      expect(report).toMatchObject({ ok: true, accepted: params.length, duplicates: 0, failed: 0 })
      expect(desk.json("state.json").history).toHaveLength(told)
      expect(await say({ cmd: "tell", results })).toMatchObject({
        ok: true,
        accepted: 0,
        duplicates: params.length,
      })
    }
    expect(told).toBe(30)
    const { best } = await say({ cmd: "best" })
    expect(best).toMatchObject({ params: { mode: "b" } })
    expect(Math.abs((best as { params: { x: number } }).params.x - 0.3)).toBeLessThan(0.1)
    expect(await say({ cmd: "status" })).toMatchObject({
      ok: true,
      phase: "done",
      counts: { told: 30, pending: 0 },
      pending: [],
    })
    expect(await say({ cmd: "save" })).toMatchObject({ ok: true })
    expect(await say({ cmd: "quit" })).toEqual({ ok: true })
    const { code, stdout, stderr } = await end()
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" })
    // Nothing but answers on stdout.
    expect(stdout).toBe(replies.map((line) => `${line}\n`).join(""))
  })

  it("answers a bad line with the problem, and changes nothing", async () => {
    desk.write("tune.json", CONFIG)
    const { say, end } = talk("--config", "tune.json", "--state", "state.json")
    await say({ cmd: "ask", batch: 2 })
    const before = desk.read("state.json")
    const status = await say({ cmd: "status" })
    for (const [line, error] of [
      ["garbage", /^not JSON/],
      ['{"cmd":"ask"', /^not JSON/],
      ["[1]", /must be an object/],
      ["{}", /cmd must name a command/],
      ['{"cmd":"akk"}', /Did you mean "ask"\?/],
      ['{"cmd":"toString"}', /cmd must name a command/],
      ['{"cmd":"ask","bach":3}', /Did you mean "batch"\?/],
      ['{"cmd":"ask","batch":0}', /batch must be a whole number above 0/],
      ['{"cmd":"ask","batch":"2"}', /batch must be/],
      ['{"cmd":"tell"}', /"results" is missing/],
      ['{"cmd":"tell","results":[{"id":0,"value":1},{"id":77,"value":2}]}', /\[1\]\.id: must name a trial/],
      ['{"cmd":"tell","results":[{"params":{"x":9,"mode":"a"},"value":2}]}', /params\.x/],
      ['{"cmd":"tell","results":"all good"}', /must be an object/],
      ['{"cmd":"seed","history":[{"value":1}]}', /params/],
    ] as const) {
      const reply = await say(line)
      expect({ line, reply }).toMatchObject({
        line,
        reply: { ok: false, error: expect.stringMatching(error) },
      })
    }
    expect(await say({ cmd: "status" })).toEqual(status)
    expect(desk.read("state.json")).toBe(before)
    expect(await say('{"cmd":"tell","results":[{"id":0,"value":NaN},{"id":1,"value":1}]}')).toMatchObject({
      ok: true,
      accepted: 2,
      failed: 1,
    })
    expect((await end()).code).toBe(0)
  })

  it("accepts lines that arrive together, and answers each in turn", async () => {
    desk.write("tune.json", CONFIG)
    const lines = [
      { cmd: "ask", batch: 20 },
      ...Array.from({ length: 20 }, (_, id) => ({ cmd: "tell", results: [{ id, value: id }] })),
      { cmd: "best" },
    ]
    // The last line without an end, Windows line ends and empty lines: all of it is understood.
    const input = lines.map((line) => JSON.stringify(line)).join("\r\n\n")
    const { code, stdout } = await desk.runWith(
      input,
      "interactive",
      "--config",
      "tune.json",
      "--state",
      "state.json",
    )
    expect(code).toBe(0)
    const replies = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Reply)
    expect(replies).toHaveLength(22)
    expect(replies.slice(1, 21).map(({ accepted }) => accepted)).toEqual(Array.from({ length: 20 }, () => 1))
    expect(replies[21]).toMatchObject({ best: { value: 0, eval_id: 0 } })
    expect(desk.json("state.json").history).toHaveLength(20)
  })

  it("continues from a state without a configuration, and ends on a signal", async () => {
    desk.write("tune.json", CONFIG)
    const first = talk("--config", "tune.json", "--state", "state.json")
    expect(
      await first.say({ cmd: "seed", history: [{ params: { x: 0.5, mode: "b" }, value: -3 }] }),
    ).toMatchObject({ ok: true, accepted: 1 })
    const asked = await first.say({ cmd: "ask", batch: 2 })
    first.child.kill("SIGTERM")
    expect((await first.ended).code).toBe(143)
    const second = talk("--state", "state.json")
    const status = await second.say({ cmd: "status" })
    expect(status).toMatchObject({
      best: { value: -3 },
      counts: { seeded: 1, asked: 2, pending: 2, spent: 2 },
    })
    expect((status.pending as ReadonlyArray<Reply>).map(({ params }) => params)).toEqual(asked.params)
    expect((await second.end()).code).toBe(0)
  })

  it("needs a configuration or a run", async () => {
    const results = await Promise.all([
      desk.run("interactive"),
      desk.run("interactive", "--state", "none.json"),
    ])
    expect(results.map(({ code }) => code)).toEqual([2, 1])
    expect(results[1].stderr).toContain("There is no state in none.json yet")
  })
})
