/** Reports over HTTP: from this agent, from a replica in Python, and what is refused. */
import { Agent, createServer, request, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { join, resolve } from "node:path"
import { readFileSync } from "node:fs"
import { afterEach, beforeEach, describe, expect, it } from "vitest"
import { createReplica } from "../../src/replica/index.node.ts"
import { createTuner, type Tuner } from "../../src/replica/createTuner.ts"
import { knobHash } from "../../src/cohort/knobHash.ts"
import { requireEngineConfig } from "../../src/domain/Config.ts"
import { python } from "../pythonHere.ts"
import { output } from "../runProgram.ts"

const root = resolve(import.meta.dirname, "../..")
const params = { batch: { min: 1, max: 101, step: 1, initial: 21 } }
const token = "for the tests"
let tuner: Tuner
let server: Server
let url: string

beforeEach(async () => {
  tuner = createTuner({
    name: "t",
    token,
    engine: { params, guardrails: { preset: "aggressive", appliesPerSecond: 1000, minIntervalUs: 0 } },
    replicas: { settleMs: 0 },
  })
  void tuner.start()
  server = createServer((request, response) => {
    if (!tuner.handle(request, response)) response.writeHead(404).end()
  })
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  await tuner.stop()
  server.closeAllConnections()
  await new Promise((closed) => server.close(closed))
})

const post = (body: string, bearer = token): Promise<number> =>
  fetch(`${url}/arqon/report`, { method: "POST", body, headers: { authorization: `Bearer ${bearer}` } }).then(
    async (response) => {
      await response.text()
      return response.status
    },
  )

describe("a tuner over HTTP", () => {
  it("answers a replica that has its token", async () => {
    const replica = createReplica({
      tuner: "t",
      at: [url],
      token,
      params,
      startWithinMs: 60_000,
      name: "one",
    })
    await replica.start()
    expect(replica.getSnapshot()).toMatchObject({
      state: "following",
      epoch: 1,
      answered: 1,
      values: { batch: 21 },
    })
    await replica.stop()
    expect(tuner.replicas()).toEqual([])
  })

  it("refuses a wrong token, what is no JSON, no report, another tuner or too large", async () => {
    const report = {
      protocol: 1,
      tuner: "other",
      replica: "r",
      boot: "b",
      seq: 0,
      table: "x",
      at: [0, 0],
      windows: [],
    }
    expect(await post(JSON.stringify(report), "guessed")).toBe(401)
    expect(await post("{")).toBe(400)
    expect(await post(JSON.stringify({ ...report, seq: -1 }))).toBe(400)
    expect(await post(JSON.stringify(report))).toBe(404)
    expect(await post(JSON.stringify({ ...report, tuner: "t" }))).toBe(409)
    const large = JSON.stringify({ ...report, replica: "r".repeat(70_000) })
    const headers = { authorization: `Bearer ${token}` }
    const refused = await fetch(`${url}/arqon/report`, { method: "POST", body: large, headers })
    expect(refused.status).toBe(413)
    expect(await refused.json()).toMatchObject({ problems: [{ message: "has more than 65536 bytes." }] })
    expect(tuner.replicas()).toEqual([])
  })

  it("answers a request whose body another handler has read, and says so", async () => {
    const parsing = createServer((request, response) => {
      request.resume().on("end", () => tuner.handle(request, response))
    })
    await new Promise<void>((listening) => parsing.listen(0, "127.0.0.1", listening))
    const at = `http://127.0.0.1:${(parsing.address() as AddressInfo).port}/arqon/report`
    const headers = { authorization: `Bearer ${token}` }
    const response = await fetch(at, { method: "POST", body: "{}", headers })
    expect(response.status).toBe(500)
    expect(await response.json()).toMatchObject({ error: "another handler has read the body of the report" })
    parsing.closeAllConnections()
    parsing.close()
  })

  it("takes ten reports a second of a replica, says when to come again, and takes the goodbye all the same", async () => {
    const space = requireEngineConfig({ params }).space
    const report = {
      protocol: 1,
      tuner: "t",
      replica: "r",
      boot: "b",
      table: knobHash(space),
      at: [0, 0],
      windows: [],
    }
    const statuses: Array<number> = []
    for (let seq = 0; seq < 40 && statuses.at(-1) !== 429; seq++)
      statuses.push(await post(JSON.stringify({ ...report, seq })))
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(10)
    expect(statuses.at(-1)).toBe(429)
    const headers = { authorization: `Bearer ${token}` }
    // Two at once: the first may find that the wait is just over.
    const both = await Promise.all(
      [97, 98].map((seq) =>
        fetch(`${url}/arqon/report`, { method: "POST", body: JSON.stringify({ ...report, seq }), headers }),
      ),
    )
    const refused = both.find(({ status }) => status === 429) as Response
    expect(refused.headers.get("retry-after")).toBe("1")
    expect(await refused.json()).toMatchObject({
      error: "too many reports",
      retryAfterMs: expect.any(Number) as number,
    })
    expect(await post(JSON.stringify({ ...report, seq: 99, leaving: true }))).toBe(200)
    expect(tuner.replicas()).toEqual([])
  })

  it("keeps the connection of a replica that it answers, and ends that of one that another may have to answer", async () => {
    let connections = 0
    server.on("connection", () => connections++)
    const agent = new Agent({ keepAlive: true })
    const statusOf = () =>
      new Promise<number | undefined>((resolve) => {
        const headers = { authorization: `Bearer ${token}` }
        request(`${url}/arqon/report`, { method: "POST", agent, headers }, (response) => {
          response.resume().once("end", () => setImmediate(() => resolve(response.statusCode)))
        }).end("{")
      })
    expect([await statusOf(), await statusOf(), connections]).toEqual([400, 400, 1])
    await tuner.stop()
    expect([await statusOf(), await statusOf(), await statusOf(), connections]).toEqual([503, 503, 503, 3])
    agent.destroy()
  })

  it("leaves every other path to the server", async () => {
    expect((await fetch(`${url}/healthz`)).status).toBe(404)
  })

  it("does not keep a process alive whose replica asks in vain", async () => {
    const program = `
      import { createReplica } from ${JSON.stringify(join(root, "src/replica/index.node.ts"))}
      const replica = createReplica({ tuner: "t", at: ["http://127.0.0.1:9"], params: ${JSON.stringify(params)}, startWithinMs: 50 })
      replica.start()
      console.log(replica.values.batch)`
    expect(await output(process.execPath, ["--input-type=module", "-e", program])).toBe("21\n")
  })

  it("lets a process get past the start that it awaits, though nothing else holds the process open yet", async () => {
    const program = `
      import { createReplica } from ${JSON.stringify(join(root, "src/replica/index.node.ts"))}
      const at = ["http://127.0.0.1:9"]
      const replica = createReplica({ tuner: "t", at, params: ${JSON.stringify(params)}, startWithinMs: 50 })
      await replica.start()
      console.log("serves on", replica.values.batch)`
    expect(await output(process.execPath, ["--input-type=module", "-e", program])).toBe("serves on 21\n")
  })

  it("tells a replica why it was refused", async () => {
    const failureOf = async (over: object): Promise<string | null> => {
      const replica = createReplica({ tuner: "t", at: [url], token, params, startWithinMs: 60_000, ...over })
      const failed = new Promise<string | null>((resolve) => {
        replica.subscribe(({ failure }) => failure !== null && resolve(failure))
      })
      void replica.start()
      const failure = await failed
      await replica.stop()
      return failure
    }
    expect(await failureOf({ token: "guessed" })).toBe(
      "the tuner answered 401: the token is missing or wrong",
    )
    expect(await failureOf({ tuner: "other" })).toBe("the tuner answered 404: there is no tuner of this name")
    expect(await failureOf({ params: { batch: { min: 1, max: 9 } } })).toBe(
      "the tuner answered 409: the replica has other knobs",
    )
  })

  it("is found at the next address after an answer that is JSON and yet no answer", async () => {
    let asked = 0
    const odd = createServer((request, response) => {
      request.resume()
      asked++
      response.end('{"status":"ok"}')
    })
    await new Promise<void>((listening) => odd.listen(0, "127.0.0.1", listening))
    const at = [`http://127.0.0.1:${(odd.address() as AddressInfo).port}`, url]
    const replica = createReplica({ tuner: "t", at, token, params, startWithinMs: 60_000 })
    const follows = new Promise<void>((resolve) => {
      replica.subscribe(({ state }) => state === "following" && resolve())
    })
    void replica.start()
    await follows
    expect(asked).toBe(1)
    await replica.stop()
    odd.closeAllConnections()
    odd.close()
  })

  it("is asked where it was configured, and a redirect is not followed", async () => {
    const asked: Array<string | undefined> = []
    const moved = createServer((request, response) => {
      request.resume()
      asked.push(request.url)
      response.writeHead(307, { location: "/elsewhere" }).end()
    })
    await new Promise<void>((listening) => moved.listen(0, "127.0.0.1", listening))
    const at = [`http://127.0.0.1:${(moved.address() as AddressInfo).port}`]
    const replica = createReplica({ tuner: "t", at, token, params, startWithinMs: 60_000 })
    const failed = new Promise<void>((resolve) => {
      replica.subscribe(({ failure }) => failure !== null && resolve())
    })
    void replica.start()
    await failed
    await replica.stop()
    expect(new Set(asked)).toEqual(new Set(["/arqon/report"]))
    moved.closeAllConnections()
    moved.close()
  })
})

describe.runIf(python !== null)("a replica in Python", () => {
  it("is below 100 lines", () => {
    expect(readFileSync(join(root, "examples/replica.py"), "utf8").trimEnd().split("\n").length).toBeLessThan(
      100,
    )
  })

  it("takes part: it stands on both sides, reports, and follows the base that comes of it", async () => {
    const program = `
import json, sys, time
sys.path.insert(0, sys.argv[1])
from replica import Replica
knobs = json.loads(sys.argv[3])
all = [Replica(sys.argv[2], "t", knobs, token=sys.argv[4], name=f"py-{i}") for i in range(4)]
seen = set()
while all[0].newest[1] < 12:
    for one in all:
        at, values = one.configuration()
        seen.add(values["batch"])
        for _ in range(5):
            one.observe(at, (values["batch"] - 71) ** 2)
        one.report()
    time.sleep(0.1) # an owner takes ten reports a second
print(json.dumps(sorted(seen)))`
    const args = ["-c", program, join(root, "examples"), url, JSON.stringify(params), token]
    const seen = JSON.parse(
      await output(python as string, args, { env: { PYTHONDONTWRITEBYTECODE: "1" } }),
    ) as Array<number>
    expect(seen.length).toBeGreaterThan(3)
    expect(seen.every((value) => Number.isInteger(value) && value >= 1 && value <= 101)).toBe(true)
    expect(tuner.status().cycles).toBeGreaterThan(1)
    expect(tuner.replicas().map(({ replica }) => replica)).toEqual(["py-0", "py-1", "py-2", "py-3"])
  })

  it("goes on reporting after answers that are none", async () => {
    const bodies = ["[]", "{}", "<html>", '{"at":[1,1]}', '{"at":7}', "cut off"]
    let requests = 0
    const odd = createServer((request, response) => {
      request.resume()
      const body = bodies[requests++ % bodies.length]
      // The last one says that more is coming, and closes.
      if (body === "cut off") response.writeHead(200, { "content-length": "99" }).write(body)
      setImmediate(() => (body === "cut off" ? response.destroy() : response.end(body)))
    })
    await new Promise<void>((listening) => odd.listen(0, "127.0.0.1", listening))
    const program = `
import json, sys, time, threading
sys.path.insert(0, sys.argv[1])
from replica import Replica
one = Replica(sys.argv[2], "t", json.loads(sys.argv[3]))
one.report_s = 0.01
report, tried = one.report, []
one.report = lambda: (tried.append(1), report())
one.start()
reporting = threading.enumerate()[-1]
while reporting.is_alive() and len(tried) < 14:
    time.sleep(0.01)
print(reporting.is_alive(), one.configuration()[1])`
    const at = `http://127.0.0.1:${(odd.address() as AddressInfo).port}`
    const args = ["-c", program, join(root, "examples"), at, JSON.stringify(params)]
    expect(await output(python as string, args, { env: { PYTHONDONTWRITEBYTECODE: "1" } })).toBe(
      "True {'batch': 21}\n",
    )
    odd.closeAllConnections()
    odd.close()
  })
})
