/**
 * Every public machine under Stately's inspector, each of its ways out with its own serializer. Root cause of what this holds: the
 * serializer writes typed arrays as they are, and one NaN in them made text that is no JSON, which threw on a timer.
 */
import { once } from "node:events"
import type { AddressInfo } from "node:net"
import { createBrowserInspector, createInspector, createWebSocketInspector } from "@statelyai/inspect"
import { type AnyActorRef, createActor, type InspectionEvent, type Observer } from "xstate"
import { describe, expect, it, onTestFinished, vi } from "vitest"
import { WebSocketServer } from "ws"
import * as machines from "../../machines/index.ts"
import { Opaque } from "../../machines/Opaque.ts"
import { ProposalPort } from "../../machines/ProposalPort.ts"
import { DEFAULT_REENTRY } from "../../src/control/relocationDefaults.ts"
import { DEFAULT_SPSA } from "../../src/hot/spsaSettings.ts"
import { deployment } from "./deployment.ts"
import { events as variantEvents, input as variantInput } from "./variantRig.ts"

type Inspect = Observer<InspectionEvent>

const KNOBS = {
  cacheSeconds: { min: 1, max: 600, scale: "log", initial: 20 },
  batch: { min: 1, max: 64, step: 1, initial: 8 },
} as const

const plainHot = (over: Partial<machines.PlainHotPathOptions> = {}) =>
  machines.makeHotPath({ knobs: KNOBS, manualTime: true, name: "cache", ...over })

type Plain = ReturnType<typeof plainHot>

function serve({ hot, value }: Plain, digests: number): void {
  for (let i = 1; i <= digests; i++) {
    const timestampUs = hot.nowUs + 20_000
    const seconds = value("cacheSeconds")
    hot.observeObject({
      objective: 300 / seconds + 0.05 * seconds + Math.sin(i * 78.233),
      timestampUs,
      constraintMargin: 1,
    })
    hot.audit.drain(() => undefined)
  }
}

/** An engine with everything on, inside a parent of somebody's own. */
function runDeployment(
  inspect: Inspect,
  digests: number,
  over?: Partial<machines.PlainHotPathOptions>,
): void {
  const plain = plainHot(over)
  const input = { hot: plain.hot, seed: 7, names: plain.names, comparison: {} }
  const actor = createActor(deployment, { input, inspect }).start()
  actor.send({ type: "warm", nowUs: 0 })
  serve(plain, digests)
  actor.send({ type: "maintenance", nowUs: plain.hot.nowUs })
  serve(plain, 50)
  actor.send({ type: "maintenanceOver", nowUs: plain.hot.nowUs })
  actor.send({ type: "close", nowUs: plain.hot.nowUs })
}

const standing = () => ({
  baseUnits: Float64Array.of(0.5, Number.NaN),
  band: Float64Array.of(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 0, -0),
  generation: 1,
  nowUs: 0,
  nextApplyUs: 0,
})

/** Each public machine and logic, started by itself and sent something. */
const ALONE: Readonly<Record<string, (inspect: Inspect) => AnyActorRef>> = {
  engineMachine: (inspect) => {
    const plain = plainHot()
    const actor = createActor(machines.engineMachine, { input: { hot: plain.hot, seed: 1 }, inspect }).start()
    actor.send({ type: "start", nowUs: 0 })
    serve(plain, 100)
    return actor
  },
  spsaCycleMachine: (inspect) => {
    const { hot } = plainHot()
    const { port } = ProposalPort.create()
    const settings = { ...DEFAULT_SPSA, seed: 1, maxStep: 0.1 }
    const memory = { block: new Float64Array(50).fill(Number.NaN), lastId: 3 }
    const actor = createActor(machines.spsaCycleMachine, {
      input: { table: hot.table, settings, port, memory },
      inspect,
    }).start()
    actor.send({ type: "resume", ...standing() })
    return actor
  },
  hotPathLogic: (inspect) => {
    const { hot } = plainHot()
    const actor = createActor(machines.hotPathLogic, { input: { hot: new Opaque("hotPath", hot) }, inspect })
    actor.start()
    const targets = Float64Array.of(Number.NaN, Number.NaN)
    const proposal = {
      _tag: "visitBaseline",
      id: 1,
      expectedGeneration: 1,
      nowUs: 0,
      targets,
      gradient: targets,
    } as const
    actor.send({ type: "proposal", proposal, replyTo: actor })
    return actor
  },
  hotTelemetry: (inspect) => {
    const input = { hot: new Opaque("hotPath", plainHot().hot), sign: 1 } as const
    return createActor(machines.hotTelemetry, { input, inspect }).start()
  },
  safeModeMachine: (inspect) => {
    const actor = createActor(machines.safeModeMachine, {
      input: { policy: { timerUs: Number.POSITIVE_INFINITY } },
      inspect,
    }).start()
    actor.send({ type: "trip", reason: "thrashing", nowUs: 5 })
    return actor
  },
  relocationMachine: (inspect) => {
    const { hot, names } = plainHot()
    const { port } = ProposalPort.create()
    const policy = {
      reentry: DEFAULT_REENTRY,
      features: ["throughputRps"],
      selection: null,
      timeoutsToTrip: 3,
      refusalsToTrip: 3,
    }
    const input = { table: hot.table, port, maxStep: 0.1, names, extras: [], policy }
    const actor = createActor(machines.relocationMachine, { input, inspect }).start()
    actor.send({ type: "between", loss: Number.NaN, ...standing() })
    return actor
  },
  runawayMachine: (inspect) => {
    const { table } = plainHot().hot
    const actor = createActor(machines.runawayMachine, { input: { table, retreats: true }, inspect }).start()
    actor.send({ type: "pause" })
    actor.send({ type: "letGo", nowUs: 0 })
    return actor
  },
  closingProofMachine: (inspect) => {
    const { port } = ProposalPort.create()
    const input = { port, pairs: 2, knobs: 2, constrained: true, timeoutsToTrip: 3 }
    const actor = createActor(machines.closingProofMachine, { input, inspect }).start()
    actor.send({ type: "settled", ...standing(), lastId: 1 })
    return actor
  },
  solverMachine: (inspect) => {
    const input = { config: { seed: 1, budget: 30, bounds: { x: { min: 0, max: 1 } } } }
    const actor = createActor(machines.solverMachine, { input, inspect }).start()
    actor.send({ type: "ask", n: 2 })
    actor.send({
      type: "tell",
      results: [
        { id: 0, value: 1 },
        { id: 1, failed: "no answer" },
      ],
    })
    return actor
  },
  graftMachine: (inspect) => {
    const actor = createActor(machines.graftMachine, { input: { slot: "hidden1" }, inspect }).start()
    actor.send({
      type: "germinate",
      why: "a plateau",
      planting: { graft: "g1", blueprint: "linear", parameters: {}, operator: "residual", owner: "ada" },
    })
    actor.send({ type: "boundary", boundary: 1, figures: { identityError: Number.NaN } })
    return actor
  },
  growthMachine: (inspect) => {
    const actor = createActor(machines.growthMachine, { input: {}, inspect }).start()
    actor.send({ type: "emergency", level: "elevated", reason: "the policy was late" })
    return actor
  },
  cohortMachine: (inspect) => {
    const input = { quorum: 0.75, windowUs: 4_000_000 }
    const actor = createActor(machines.cohortMachine, { input, inspect }).start()
    actor.send({ type: "thawed" })
    actor.send({ type: "drawn", nowUs: 0, stagesLeft: 0 })
    actor.send({ type: "counted", nowUs: 10, sides: [{ ready: 2, waited: 2, members: 2 }] })
    return actor
  },
  replicaMachine: (inspect) => {
    const actor = createActor(machines.replicaMachine, { inspect }).start()
    actor.send({ type: "answered", sentUs: 0, nowUs: 10, leaseUs: 100, baselineAfterUs: 1_000 })
    actor.send({ type: "passed", nowUs: 5_000 })
    return actor
  },
  variantMachine: (inspect) => {
    const actor = createActor(machines.variantMachine, { input: variantInput, inspect }).start()
    for (const event of Object.values(variantEvents)) actor.send(event)
    return actor
  },
}

/** What Stately's inspector hands to an adapter, and what goes to its window in a browser: text that was read again. */
const WAYS: Readonly<Record<string, (sent: Array<string>) => Inspect>> = {
  "an adapter": (sent) => createInspector({ send: (event) => sent.push(JSON.stringify(event)) }).inspect,
  "a browser's window": (sent) => {
    const target = { postMessage: (event: unknown) => sent.push(JSON.stringify(event)) }
    let hear: (event: { readonly data: object }) => void = () => undefined
    const window = {
      open: () => target,
      addEventListener: (_: string, listener: typeof hear) => {
        hear = listener
      },
    }
    const { inspect } = createBrowserInspector({ window: window as unknown as Window })
    hear({ data: { type: "@statelyai.connected" } })
    return inspect
  },
}

/** Everything that goes out by a way while `run` runs, timers included: an error on one of them ends this too. */
function sentBy(way: (sent: Array<string>) => Inspect, run: (inspect: Inspect) => unknown) {
  vi.useFakeTimers({ loopLimit: 1_000_000 })
  onTestFinished(() => void vi.useRealTimers())
  const sent: Array<string> = []
  run(way(sent))
  vi.runAllTimers()
  return sent
}

const size = (sent: ReadonlyArray<string>): number => sent.reduce((sum, text) => sum + text.length, 0)

describe("Stately's inspector", () => {
  it("is tested with every public machine and logic", () => {
    const public_ = Object.keys(machines).filter((name) => /(Machine|Logic|Telemetry)$/.test(name))
    expect(Object.keys(ALONE).toSorted()).toEqual(public_.toSorted())
  })

  for (const [way, open] of Object.entries(WAYS)) {
    for (const [name, run] of Object.entries(ALONE)) {
      it(`shows ${name} to ${way} in messages of a few kB, each with its state`, () => {
        const sent = sentBy(open, run)
        const read = sent.map((text) => JSON.parse(text))
        for (const { type } of read) expect(type).toMatch(/^@xstate\.(actor|event|snapshot)$/)
        const snapshots = read.filter(({ type }) => type === "@xstate.snapshot")
        expect(snapshots.length).toBeGreaterThan(0)
        for (const { snapshot } of snapshots) expect(snapshot).toMatchObject({ status: "active" })
        for (const text of sent) expect(text.length).toBeLessThan(12_000)
      })
    }

    it(`shows an engine in a parent to ${way}: 10,000 digests in less than 5 MB`, () => {
      const sent = sentBy(open, (inspect) => runDeployment(inspect, 10_000))
      expect(sent.length).toBeGreaterThan(10_000)
      expect(size(sent)).toBeLessThan(5_000_000)
    })
  }

  it("shows a hundred knobs in at most a fifth more", () => {
    const knobs = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`k${i}`, KNOBS.cacheSeconds]))
    const sizeOf = (digests: number): number =>
      size(
        sentBy(WAYS["an adapter"], (inspect) =>
          runDeployment(inspect, digests, { knobs: { ...knobs, ...KNOBS } }),
        ),
      )
    const begun = sizeOf(0)
    expect(begun).toBeLessThan(400_000)
    expect(begun + 5 * (sizeOf(2_000) - begun)).toBeLessThan(6_000_000)
  })

  it("shows the plant's configuration, the proposal and the measurements in few digits", () => {
    const sent = sentBy(WAYS["an adapter"], ALONE["engineMachine"]).map((text) => JSON.parse(text))
    const [engine] = sent
    const state = sent.findLast(
      ({ type, sessionId }) => type === "@xstate.snapshot" && sessionId === engine.sessionId,
    )
    expect(state.snapshot).toMatchObject({
      value: { running: "adapting" },
      context: { hot: { name: "cache" } },
    })
    const { generation, values } = state.snapshot.context.hot
    expect(generation).toBeGreaterThan(3)
    expect(values).toHaveLength(2)
    const told = (type: string) => sent.find(({ event }) => event?.type === type).event
    expect(told("window").window).toEqual({ objective: expect.any(Number), constraintMargin: 1 })
    expect(told("proposal").proposal.targets).toEqual([expect.any(Number), expect.any(Number)])
    expect(JSON.stringify(told("proposal").proposal.targets).length).toBeLessThan(20)
  })

  it("shows it over a WebSocket as JSON, in less than 5 MB for 10,000 digests", async () => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" })
    onTestFinished(() => {
      server.close()
    })
    await once(server, "listening")
    const texts: Array<string> = []
    const { port } = server.address() as AddressInfo
    const inspector = createWebSocketInspector({ url: `ws://127.0.0.1:${port}` })
    onTestFinished(() => inspector.stop())
    const [socket] = await once(server, "connection")
    socket.on("message", (data: Buffer) => void texts.push(data.toString()))
    await expect.poll(() => Reflect.get(inspector.adapter, "status")).toBe("open")
    runDeployment(inspector.inspect, 10_000)
    const isLast = (text: string | undefined): boolean => text?.includes('"value":"closed"') ?? false
    await expect.poll(() => isLast(texts.at(-1))).toBe(true)
    for (const text of texts) expect(() => JSON.parse(text)).not.toThrow()
    expect(texts.length).toBeGreaterThan(10_000)
    expect(size(texts)).toBeLessThan(5_000_000)
  })
})
