/** What a growing host refuses, in all words: one tagged error with field and remedy, and the host goes on as before. */
import { expect, it } from "vitest"
import { defineBlueprint } from "../../src/morph/blueprints/defineBlueprint.ts"
import { GrowthError } from "../../src/domain/GrowthError.ts"
import { GraftTable } from "../../src/morph/grafting/GraftTable.ts"
import { neuralHost } from "../../src/morph/neural/options.ts"
import { createGrowth } from "../../src/morph/service/growAny.ts"
import { pipelineHost } from "../../src/morph/service/pipelineHost.ts"
import { tasks } from "../../src/morph/training/tasks.ts"
import { ToyHost } from "./grafting/ToyHost.ts"
import { VirtualClock } from "./pipeline/service.ts"

const old = (n: number): number => n
const piece = { incumbent: old, effects: "none", deadlineMs: 10 } as const
const asked = { candidate: old, name: "new", why: "test" }

async function service() {
  const host = pipelineHost({ search: piece })
  const growth = createGrowth({ host, clock: new VirtualClock() })
  await growth.start()
  return { host, growth, call: host.socket("search") }
}

async function refusalOf(call: () => unknown): Promise<GrowthError> {
  try {
    await call()
  } catch (error) {
    if (error instanceof GrowthError) return error
    throw error
  }
  throw new Error("nothing was refused")
}

type Service = Awaited<ReturnType<typeof service>>

it.each<[string, (running: Service) => unknown, string, string]>([
  [
    "a candidate that cannot be called",
    ({ growth }) => growth.germinate("search", { ...asked, candidate: 3 as never }),
    "candidate",
    "must be a function, not 3. Give the new implementation, or { module, export }.",
  ],
  [
    "a socket that is not there",
    ({ growth }) => growth.germinate("serach" as "search", asked),
    "socket",
    'Did you mean "search"?',
  ],
  [
    "a deadline of 0",
    () => pipelineHost({ search: { ...piece, deadlineMs: 0 } }),
    "host.search.deadlineMs",
    "must be milliseconds above 0, not 0. Give the longest time that a caller can wait.",
  ],
  [
    "pieces as a list, where a name could be there twice",
    () => pipelineHost([piece, piece] as never),
    "host",
    "must be pieces by name, not an array. Give { search: { incumbent,",
  ],
  [
    "two sockets of one name",
    () => new GraftTable({ host: new ToyHost(["a", "a"]) }),
    "host.sockets",
    '"a" is there twice. Name each socket once.',
  ],
  [
    "a host that is grown already",
    ({ host }) => createGrowth({ host }),
    "host",
    "is grown already. Give every createGrowth a pipelineHost of its own.",
  ],
  [
    "a share of more than a half, which leaves no incumbent's call for each duel",
    () => createGrowth({ host: pipelineHost({ search: piece }), gates: { shares: [0.6] } }),
    "gates.shares[0]",
    "must be a number above 0 and at most 0.5, got 0.6.",
  ],
  [
    "more duels on probation than half of the calls",
    () => createGrowth({ host: pipelineHost({ search: piece }), gates: { probationDuels: 0.6 } }),
    "gates.probationDuels",
    "must be a number above 0 and at most 0.5, got 0.6.",
  ],
])("%s is refused by field and remedy, and the incumbent answers", async (_, act, path, said) => {
  const running = await service()
  const before = running.growth.snapshot()
  const error = await refusalOf(() => act(running))
  expect(error._tag).toBe("GrowthError")
  expect(error.problems.map((one) => one.path)).toEqual([path])
  expect(`${error.problems[0].message} ${error.problems[0].suggestion}`).toContain(said)
  expect(running.growth.snapshot()).toEqual(before)
  expect(running.call(4)).toBe(4)
  await running.growth.stop()
})

it.each<[string, object, string, string]>([
  ["an unknown blueprint", { blueprint: "residualMpl" }, "blueprint", 'Did you mean "residualMlp"?'],
  [
    "a parameter out of its bounds",
    { blueprint: "residualMlp", parameters: { hidden: 0 } },
    "parameters.hidden",
    "must be a whole number from 1 to 1024, not 0. 32 is usual.",
  ],
])("%s is refused by field and remedy, and the host is as it was", async (_, request, path, said) => {
  const growth = createGrowth({
    host: neuralHost({ inputs: 2, hidden: [4], classes: 2 }),
    data: tasks.moons({ rows: 64 }),
    policy: "manual",
  })
  await growth.start()
  const before = growth.snapshot()
  const error = await refusalOf(() => growth.germinate("hidden1", { why: "test", ...request } as never))
  expect(error._tag).toBe("GrowthError")
  expect(error.problems.map((one) => one.path)).toEqual([path])
  expect(`${error.problems[0].message} ${error.problems[0].suggestion}`).toContain(said)
  expect(growth.snapshot()).toEqual(before)
  await growth.stop()
})

it("A blueprint that is not born identity is refused by gate G0 with the remedy, and the host is as it was", async () => {
  const adds = defineBlueprint({
    name: "adds",
    tier: "safe",
    build: (graph, value) => {
      const bias = graph.parameter("bias", [value.shape.at(-1) ?? 1], { initial: "ones" })
      return graph.apply("add", [graph.apply("scale", [value], { factor: 0 }), bias])
    },
  })
  const options = {
    host: neuralHost({ inputs: 2, hidden: [4], classes: 2 }),
    data: tasks.moons({ rows: 64 }),
    policy: "manual",
    seed: 3,
    now: () => 0,
  } as const
  const growth = createGrowth({ ...options, blueprints: [adds] })
  const without = createGrowth(options)
  await Promise.all([growth.start(), without.start()])
  const refusals: Array<unknown> = []
  growth.subscribe(({ refused }) => void refusals.push(...refused))
  await growth.germinate("hidden1", { blueprint: "adds", why: "test" })
  const boundary = await growth.run({ epochs: 3 })
  await without.run({ epochs: 3 })
  expect(boundary?.sockets[0]).toMatchObject({ state: "dormant", blueprint: null })
  expect(refusals).toEqual([
    {
      slot: "hidden1",
      blueprint: "adds",
      problems: [
        {
          path: "germinate",
          message: expect.stringMatching(
            /^G0 refused "adds": identityError is [\d.]+, must be at most 0\.$/,
          ) as string,
          suggestion:
            "It must pass its value on unchanged when it is born: let its last layer begin with zeros.",
        },
      ],
    },
  ])
  expect(growth.snapshot().fingerprint).toBe(without.snapshot().fingerprint)
  await Promise.all([growth.stop(), without.stop()])
})
