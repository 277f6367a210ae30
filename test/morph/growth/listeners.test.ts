/** What listens to a growing host: `events$` for RxJS, its actor for XState, its metrics for Prometheus. All of them tell the same. */
import { from, lastValueFrom, toArray } from "rxjs"
import { describe, expect, it, vi } from "vitest"
import { waitFor } from "xstate"
import {
  createGrowth,
  type GrowthEvent,
  type GrowthOptions,
  neuralHost,
  tasks,
} from "../../../src/morph/index.ts"

const OPTIONS: GrowthOptions = {
  host: neuralHost({ inputs: 2, hidden: [4], classes: 2, batch: 32 }),
  data: tasks.moons({ rows: 64 }),
  policy: "manual",
  now: () => 0,
}

describe("the events of a growing host", () => {
  it("are a stream for RxJS: boundaries, what moved behind each, commands with their problems, and an end", async () => {
    const growth = createGrowth(OPTIONS)
    const told = lastValueFrom(from(growth.events$).pipe(toArray()))
    await growth.start()
    await growth.germinate("hidden1", { blueprint: "linear", why: "test" })
    await growth.cull("hiden1", { why: "test" }).catch(() => {})
    await growth.run({ epochs: 2 })
    await growth.stop()
    const events = await told
    expect(events.map(({ type }) => type)).toEqual([
      "commanded",
      "commanded",
      "boundary",
      "moved",
      "boundary",
      "moved",
    ])
    expect(events[0]).toMatchObject({ epoch: 0, problems: [], command: { type: "germinate" } })
    expect(events[1]).toMatchObject({ problems: [{ suggestion: expect.stringContaining("hidden1") }] })
    expect(events[3]).toMatchObject({ epoch: 1, move: { slot: "hidden1", to: "germinated" } })
    expect(Object.isFrozen(events[2])).toBe(false)
    expect(events[2].type === "boundary" && Object.isFrozen(events[2].boundary)).toBe(true)
  })

  it("reach nobody who has left, and end once for those who come late", async () => {
    const growth = createGrowth(OPTIONS)
    await growth.start()
    const seen: Array<GrowthEvent> = []
    growth.events$.subscribe((event) => seen.push(event)).unsubscribe()
    await growth.run({ epochs: 1 })
    expect(seen).toEqual([])
    await growth.stop()
    const complete = vi.fn()
    growth.events$.subscribe({ complete })
    expect(complete).toHaveBeenCalledOnce()
  })
})

describe("the actor of a growing host", () => {
  it("has the mode as its state and the last boundary in its context", async () => {
    const growth = createGrowth(OPTIONS)
    const { actor } = growth
    expect(actor.getSnapshot().value).toBe("new")
    await growth.start()
    const kept = waitFor(actor, ({ context }) => context.sockets[0]?.state === "training")
    actor.send({ type: "germinate", socket: "hidden1", request: { blueprint: "linear", why: "test" } })
    await vi.waitFor(() => expect(growth.metrics()).toContain('commands_total{result="done"} 1'))
    await growth.run({ epochs: 3 })
    expect((await kept).context.boundary?.epoch).toBe(2)
    expect(actor.getSnapshot()).toMatchObject({ value: "operational", context: { epoch: 3 } })
    await growth.stop()
    expect(actor.getSnapshot()).toMatchObject({ value: "stopped", status: "done" })
  })

  it("answers every command with what became of it, before the start too", async () => {
    const growth = createGrowth(OPTIONS)
    const answers: Array<ReadonlyArray<string>> = []
    growth.actor.on("commanded", ({ command, problems }) =>
      answers.push([command.type, ...problems.map(({ message }) => message)]),
    )
    growth.actor.send({ type: "pause", why: "test" })
    await vi.waitFor(() => expect(answers).toEqual([["pause", "The growing host has not been started."]]))
    await growth.start()
    growth.actor.send({ type: "pause", why: "test" })
    growth.actor.send({ type: "pause", why: "" })
    await vi.waitFor(() => expect(answers.slice(1)).toEqual([["pause", "is missing."], ["pause"]]))
    expect(growth.snapshot().epoch).toBe(0)
  })

  it("that is asked for late shows where the host stands, and where it has ended", async () => {
    const growth = createGrowth(OPTIONS)
    await growth.start()
    await growth.run({ epochs: 2 })
    expect(growth.actor.getSnapshot()).toMatchObject({ value: "operational", context: { epoch: 2 } })
    const other = createGrowth(OPTIONS)
    await other.stop()
    expect(other.actor.getSnapshot().value).toBe("stopped")
  })
})

describe("the metrics of a growing host", () => {
  it("count what its boundaries and commands came to", async () => {
    const growth = createGrowth(OPTIONS)
    await growth.start()
    await growth.germinate("hidden1", { blueprint: "linear", why: "test" })
    await growth.germinate("hidden1", { blueprint: "linear", why: "test" }).catch(() => {})
    const last = await growth.run({ epochs: 3 })
    const page = growth.metrics()
    for (const line of [
      "arqon_growth_epoch 3",
      'arqon_growth_mode{mode="operational"} 1',
      'arqon_growth_sockets{state="training"} 1',
      'arqon_growth_moves_total{to="germinated"} 1',
      'arqon_growth_commands_total{result="refused"} 1',
      "arqon_growth_boundary_seconds_count 3",
      'arqon_growth_boundary_seconds_bucket{le="0.0005"} 3',
    ])
      expect(page).toContain(`${line}\n`)
    const loss = growth.readMetrics().find(({ name }) => name === "arqon.growth.loss")
    expect(loss).toMatchObject({
      samples: [{ labels: { of: "answer" }, value: last?.loss }, { value: last?.hostLoss }],
    })
  })
})
