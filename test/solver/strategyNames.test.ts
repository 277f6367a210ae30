/**
 * What a configuration knows of the strategies: their names, and the options that they really read.
 */
import { describe, expect, it } from "vitest"
import { createSolver, type SolverInput } from "../../src/solver/createSolver.ts"
import { requireSolverConfig } from "../../src/solver/SolverConfig.ts"
import type { ParamValue } from "../../src/solver/SearchSpace.ts"
import type { StrategyDefinition } from "../../src/solver/Strategy.ts"
import * as extra from "../../src/solver/extra/index.ts"
import { EXTRA_NAMES, STRATEGIES } from "../../src/solver/strategies/catalogue.ts"
import { EXTRA_STRATEGIES } from "../../src/solver/strategies/extraStrategies.ts"

const ALL = [...STRATEGIES, ...EXTRA_STRATEGIES]

const numbers = { x: { min: -5, max: 5 }, y: { min: -5, max: 5 } }
const choices = { ...numbers, kernel: { choices: ["a", "b", "c"] } }

type Point = Readonly<Record<string, ParamValue>>
const bowl = (p: Point): number => (Number(p.x) - 1) ** 2 + Number(p.y) ** 2 + (p.kernel === "b" ? 0 : 1)
const rugged = (p: Point): number => bowl(p) - 10 * Math.cos(7 * Number(p.x)) - 10 * Math.cos(7 * Number(p.y))

/** The options that a strategy asks for in runs over a bowl, a rugged and a noisy landscape, and one with choices. */
function optionsRead(definition: StrategyDefinition): ReadonlyArray<string> {
  const read = new Set<string>()
  const params = new Proxy<Record<string, number>>(
    {},
    {
      get: (_, key) => {
        read.add(String(key))
      },
    },
  )
  const watched = {
    ...definition,
    make: (context) => definition.make({ ...context, params }),
  } satisfies StrategyDefinition
  const run = (bounds: SolverInput["bounds"], objective: (p: Point, n: number) => number): void => {
    const solver = createSolver({ budget: 60, bounds, strategy: definition.name }, { strategies: [watched] })
    for (let n = 0; ; n++) {
      const trials = solver.askTrials(1)
      if (trials === null) return
      solver.tell({ id: trials[0].id, value: objective(trials[0].params, n) })
    }
  }
  run(numbers, bowl)
  run(numbers, rugged)
  run(numbers, (p, n) => bowl(p) + 5 * Math.sin(100 * n))
  run(choices, bowl)
  return [...read].sort()
}

describe("the names that a configuration may use", () => {
  it("are those of the existing strategies", () => {
    for (const { name } of ALL) {
      expect(requireSolverConfig({ budget: 9, bounds: numbers, strategy: name }).strategy).toBe(name)
    }
    expect(() => requireSolverConfig({ budget: 9, bounds: numbers, strategy: "autos" })).toThrow(/"auto"/)
  })

  for (const definition of ALL) {
    it(`for the options of ${definition.name} are those it reads`, () => {
      expect(optionsRead(definition)).toEqual([...(definition.params ?? [])].sort())
    })
  }

  it("beyond the default's own are refused with a pointer to arqon/solver/extra", () => {
    const config = { budget: 9, bounds: numbers }
    for (const { name } of EXTRA_STRATEGIES) {
      expect(() => createSolver({ ...config, strategy: name })).toThrow(
        expect.objectContaining({
          _tag: "ConfigError",
          problems: [
            {
              path: "strategy",
              message: `needs the definition of "${name}".`,
              suggestion: expect.stringContaining(`import { ${name} } from "arqon/solver/extra"`),
            },
          ],
        }),
      )
      expect(
        createSolver({ ...config, strategy: name }, { strategies: EXTRA_STRATEGIES }).ask(),
      ).not.toBeNull()
    }
  })

  it("are known with their options even if only that entry has the strategy", () => {
    expect(EXTRA_NAMES).toEqual(EXTRA_STRATEGIES.map(({ name, params }) => ({ name, params })))
    expect(Object.values(extra)).toEqual(EXTRA_STRATEGIES)
  })

  it("come with a warning for an option that is not read", () => {
    const config = { budget: 9, bounds: numbers, strategy: "tpe", strategy_params: { gama: 0.2, startup: 5 } }
    expect(requireSolverConfig(config).warnings).toEqual([
      'strategy_params.gama: not an option of the strategy tpe; it has no effect. Did you mean "gamma"?',
    ])
  })
})
