/** A service in virtual time with a candidate on trial, behind a real growing host: what a studio looks at. */
import { createGrowth } from "../../src/morph/node/createGrowth.ts"
import { pipelineHost } from "../../src/morph/service/pipelineHost.ts"
import type { PipelineBook } from "../../src/studio/server/PipelineBook.ts"
import { uniforms, VirtualClock } from "../morph/pipeline/service.ts"

const GATES = {
  shares: [0.02, 0.05, 0.1, 0.25],
  pairsPerStep: 30,
  trialCalls: 5,
  probationCalls: 400,
  training: { share: 0.2, compared: 100, agreement: 0.97 },
  shadowing: { compared: 400 },
}

/** Too few to be noticed before every answer is compared. */
export const WRONG_ONE_IN = 140

interface Found {
  readonly ids: ReadonlyArray<number>
  readonly total: number
}

export type CandidateKind = "faster" | "slower" | "wrong"

/** A search that takes 8 to 12 ms, asked every 5 ms, and a candidate for it. */
export async function pipelineRig(book: PipelineBook, kind: CandidateKind, state?: string) {
  const clock = new VirtualClock()
  const chance = uniforms(7)
  const answer = async (ms: number, query: number, more = 0): Promise<Found> => {
    await clock.sleep(ms)
    return { ids: [query, query + 1, query + 2 + more], total: 3 }
  }
  const times = { faster: 6, slower: 8.6, wrong: 8 }
  const searchNew = (query: number) =>
    answer(times[kind] + 4 * chance(), query, kind === "wrong" && query % WRONG_ONE_IN === 0 ? 1 : 0)
  const host = pipelineHost({
    search: {
      incumbent: async function searchOld(query: number) {
        return answer(8 + 4 * chance(), query)
      },
      effects: "none",
      agree: (a, b) => a.ids.join() === b.ids.join(),
      deadlineMs: 100,
    },
  })
  const growth = createGrowth({
    host,
    seed: 3,
    clock,
    gates: GATES,
    ...(state === undefined ? {} : { state }),
    grafting: { stays: { probationary: { least: 5 } }, embargo: { boundaries: 4 } },
  })
  const search = host.socket("search")
  await growth.start()
  book.begin(growth.snapshot().pieces)
  growth.subscribe((boundary) => book.add(boundary))
  let calls = 0
  return {
    growth,
    germinate: () =>
      growth.germinate("search", { candidate: searchNew, name: "search-2026-11", why: "a new index" }),
    piece: () => growth.snapshot().pieces[0],
    /** Lets virtual seconds pass, or less: until something is so. */
    pass: async (seconds: number, until: () => boolean = () => false) => {
      for (let ms = 0; ms < seconds * 1000 && !until(); ms += 5) {
        void search(++calls)
        await clock.pass(5)
      }
    },
  }
}
