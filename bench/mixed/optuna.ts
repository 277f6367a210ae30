/** Optuna's studies on spaces with choices. Its sampler does not know the budget: one study of the longest says all. */
import { PeerProcess } from "../peers/PeerProcess.ts"
import type { MixedRecord } from "../peers/record.ts"
import { classes, type MixedClass, mixedInstance, type MixedParams } from "./spaces.ts"
import { BUDGETS, judge, type Judged, mixedFingerprint } from "./studies.ts"

async function optunaStudy(peer: PeerProcess, kind: MixedClass, seed: number): Promise<Judged> {
  const instance = mixedInstance(kind, seed)
  const judged: Array<number> = []
  let lowest = Number.POSITIVE_INFINITY
  let recommended: MixedParams = {}
  let evaluations = 0
  await peer.run({ seed, budget: Math.max(...BUDGETS), bounds: instance.bounds }, (line) => {
    const params = JSON.parse(line) as MixedParams
    const value = instance.value(params)
    evaluations++
    if (value < lowest) {
      lowest = value
      recommended = params
    }
    if (BUDGETS.some((budget) => budget === evaluations)) judged.push(...judge(instance, recommended))
    return value
  })
  return judged
}

/** Runs all studies; about 15 minutes of one core. */
export async function recordMixed(python: string, seeds: number): Promise<MixedRecord> {
  const peer = new PeerProcess(python, ["-u", new URL("../peers/mixed.py", import.meta.url).pathname])
  const figures: Record<string, ReadonlyArray<Judged>> = {}
  for (const kind of classes) {
    const judged: Array<Judged> = []
    for (let seed = 0; seed < seeds; seed++) judged.push(await optunaStudy(peer, kind, seed))
    figures[kind.name] = judged
    process.stderr.write(`\rOptuna on spaces with choices: ${kind.name}`.padEnd(78))
  }
  process.stderr.write("\n")
  const versions = await peer.versions
  peer.close()
  return { fingerprint: mixedFingerprint(), seeds, budgets: BUDGETS, versions, figures }
}

/** How many of some studies come out as recorded. */
export async function checkMixed(
  python: string,
  record: MixedRecord,
): Promise<{ studies: number; equal: number }> {
  const peer = new PeerProcess(python, ["-u", new URL("../peers/mixed.py", import.meta.url).pathname])
  let equal = 0
  for (const kind of classes) {
    const live = await optunaStudy(peer, kind, 0)
    if (live.every((value, k) => value === record.figures[kind.name][0][k])) equal++
  }
  peer.close()
  return { studies: classes.length, equal }
}
