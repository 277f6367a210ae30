/** One candidate's way through the service: what its gates said, and what callers got meanwhile. */
import { createGrowth, pipelineHost } from "arqon/morph"
import type { Catalogue, Found, Search } from "./catalogue.ts"
import { type LoadFigures, startLoad } from "./load.ts"
import { serve } from "./service.ts"

export interface TrialOptions {
  readonly catalogue: Catalogue
  /** Null: the service as it is, for `mostMs`. */
  readonly candidate: keyof Catalogue["candidates"] | null
  readonly connections: number
  /** Requests a second; null for as many as are answered. */
  readonly rate: number | null
  readonly windowMs: number
  /** Mirrors in SHADOWING at least, and calls on probation. */
  readonly compared: number
  readonly probationCalls: number
  /** The share of mirrors that must agree; `.999` where it is left out. The nearer to one, the fewer mirrors show that it is lower. */
  readonly agreement?: number
  /** How much worse is good enough: a wide margin needs fewer duels. */
  readonly margins?: { readonly latency?: number; readonly errors?: number }
  /** After so long it is said where the candidate stands. */
  readonly mostMs: number
}

export interface Trial {
  /** The states it came to, in their order. */
  readonly states: ReadonlyArray<string>
  readonly cause: string | null
  /** Who answers at the end. */
  readonly incumbent: string
  readonly calls: number
  /** Wrong answers and failures that callers got, by the state in which they asked. */
  readonly wrong: Readonly<Record<string, number>>
  /** What callers saw while the candidate lived. */
  readonly load: LoadFigures
}

/** Before callers are counted, the service and its connections become warm. */
const WARM_MS = 1_000

const same = (a: Found, b: Found): boolean => a.ids.join() === b.ids.join()

const isDecided = (state: string | undefined): boolean => state === "culled" || state === "fossilized"

/** Runs until the candidate is adopted or culled. */
export async function runTrial(options: TrialOptions): Promise<Trial> {
  const {
    catalogue,
    candidate,
    windowMs,
    connections,
    rate,
    mostMs,
    margins = {},
    agreement = 0.999,
  } = options
  const host = pipelineHost({
    search: { incumbent: catalogue.incumbent, effects: "none", agree: same, deadlineMs: 2_000 },
  })
  const growth = createGrowth({
    host,
    policy: "manual",
    seed: 19,
    windowMs,
    gates: {
      pairsPerStep: 20,
      probationCalls: options.probationCalls,
      margins,
      shadowing: { compared: options.compared, agreement },
    },
    grafting: { stays: { probationary: { least: 5 } } },
  })
  const socket = host.socket("search")
  const states: Array<string> = []
  const wrong: Record<string, number> = {}
  let calls = 0
  let cause: string | null = null
  const asked: Search = async (word) => {
    const state = states.at(-1) ?? "dormant"
    calls++
    try {
      const answer = await socket(word)
      if (!same(answer, catalogue.truth(word))) wrong[state] = (wrong[state] ?? 0) + 1
      return answer
    } catch (error) {
      wrong[state] = (wrong[state] ?? 0) + 1
      throw error
    }
  }

  await growth.start()
  const service = await serve(asked)
  const load = startLoad({ url: service.url, connections, rate })
  await new Promise((resolve) => setTimeout(resolve, WARM_MS))
  load.mark()
  calls = 0
  let timer: NodeJS.Timeout | undefined
  const decided = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, mostMs)
    growth.subscribe(({ moves, pieces: [piece] }) => {
      for (const { to, why } of moves) {
        if (isDecided(states.at(-1))) return
        states.push(to)
        if (to === "culled") cause = piece.cause ?? why
        if (to === "probationary") void growth.fossilize("search", { why: "read and approved" })
        if (isDecided(to)) resolve()
      }
    })
  })
  if (candidate !== null)
    await growth.germinate("search", {
      candidate: catalogue.candidates[candidate],
      name: candidate,
      why: "faster",
    })
  await decided
  clearTimeout(timer)
  const figures = await load.stop()
  await service.close()
  const { incumbent } = growth.snapshot().pieces[0]
  await growth.stop()
  return { states, cause, incumbent, calls, wrong, load: figures }
}
