/** One candidate's way through the service: what its gates said, and what callers got meanwhile. */
import { createGrowth, pipelineHost } from "arqon/morph"
import type { Catalogue, Found, Search } from "./catalogue.ts"

export interface TrialOptions {
  readonly catalogue: Catalogue
  readonly candidate: keyof Catalogue["candidates"]
  /** Puts callers before the search, and takes them away: they call until then. */
  readonly callers: (search: Search) => { readonly stop: () => Promise<void> }
  readonly windowMs: number
  /** Mirrors in SHADOWING at least, and calls on probation. */
  readonly compared: number
  readonly probationCalls: number
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
}

const same = (a: Found, b: Found): boolean => a.ids.join() === b.ids.join()

/** Runs until the candidate is adopted or culled. */
export async function runTrial(options: TrialOptions): Promise<Trial> {
  const { catalogue, candidate, windowMs } = options
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
      shadowing: { compared: options.compared },
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
  const decided = new Promise<void>((resolve) => {
    setTimeout(resolve, options.mostMs).unref()
    growth.subscribe(({ moves, pieces: [piece] }) => {
      for (const { to, why } of moves) {
        states.push(to)
        if (to === "culled") cause = piece.cause ?? why
        if (to === "probationary") void growth.fossilize("search", { why: "read and approved" })
        if (to === "culled" || to === "fossilized") resolve()
      }
    })
  })
  await growth.germinate("search", {
    candidate: catalogue.candidates[candidate],
    name: candidate,
    why: "faster",
  })
  const load = options.callers(asked)
  await decided
  await load.stop()
  const { incumbent } = growth.snapshot().pieces[0]
  await growth.stop()
  return { states, cause, incumbent, calls, wrong }
}
