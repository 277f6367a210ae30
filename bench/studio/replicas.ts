/**
 * What the page Replicas costs: bytes and milliseconds of an answer for a thousand replicas with hours of stages and two hundred owners, as the
 * page asks for it once a second. Takes no options; `main.ts` prints it with the rest.
 */
import { replicaQueryOf, TunerBook } from "../../src/studio/server/TunerBook.ts"
import { TunerRig } from "../../test/studio/tunerRig.ts"

const REPLICAS = 1000
const OWNERS = 200
const STAGES = 5000
const ROUNDS = 101
/** What an answer may weigh, whatever is asked for. */
const MOST_KB = 128

/** Throws where an answer is heavier than that. */
export async function replicasPage(): Promise<void> {
  const rig = new TunerRig(REPLICAS)
  for (let i = 0; i < OWNERS; i++) rig.own(i % 2 === 0 ? "wentOn" : "baseline")
  rig.run(60)
  const now = await rig.look()
  const read = now.records.filter(({ kind, action }) => kind === "cohort" && action === "read")
  const records = Array.from({ length: STAGES }, (_, i) => ({ ...read[i % read.length], seq: i + 1 }))
  const book = new TunerBook({
    name: "bench",
    look: async () => ({ ...now, records, replicas: rig.host.replicas() }),
  })
  console.log(`an answer to the page Replicas, ${REPLICAS} replicas, median of ${ROUNDS}:`)
  for (const [name, query] of [
    ["first page", "limit=50"],
    ["a search", "limit=50&search=pod-09"],
    ["longest unheard first", "limit=50&sort=lag"],
    ["the most rows at once", "limit=200"],
  ] as const) {
    const times: Array<number> = []
    let bytes = 0
    for (let i = 0; i < ROUNDS; i++) {
      const before = performance.now()
      bytes = JSON.stringify(await book.page(replicaQueryOf(new URLSearchParams(query)))).length
      times.push(performance.now() - before)
    }
    const ms = times.toSorted((a, b) => a - b)[ROUNDS >> 1]
    console.log(
      `  ${name.padEnd(23)}${ms.toFixed(2).padStart(5)} ms ${(bytes / 1000).toFixed(0).padStart(4)} kB`,
    )
    if (bytes > MOST_KB * 1000) throw new Error(`an answer of ${bytes} bytes is more than ${MOST_KB} kB`)
  }
}
