/**
 * What the meta level is worth: the engine with depth 0, 1 and 2 on plants whose optimum stays or moves, same seeds and same noise. The
 * figure is what was really paid above the optimum, over depth 0.
 */
import { CASES, type MetaCase, runMeta } from "./metaRun.ts"
import type { Row, Section } from "../../scripts/section.ts"

const WINDOWS = 6_000
/** Nothing was chosen on these. */
const SEEDS = [301, 302, 303, 304]

const geometric = (values: ReadonlyArray<number>): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length)

const percent = (ratio: number): number => Number((100 * ratio).toFixed(1))

/** By case and depth: excess over that of depth 0, seed by seed. */
async function ratios(one: MetaCase, depth: 1 | 2, rests: boolean, base: ReadonlyArray<number>) {
  const found: Array<number> = []
  for (const [i, seed] of SEEDS.entries())
    found.push((await runMeta(one, seed, depth, WINDOWS, rests)).excess / base[i])
  return found
}

async function measure(): Promise<ReadonlyArray<Row>> {
  const rows: Array<Row> = []
  for (const rests of [true, false]) {
    const groups: Record<string, Array<number>> = {}
    const how = rests ? "" : ", never rests, no guard"
    for (const one of CASES) {
      const base: Array<number> = []
      for (const seed of SEEDS) base.push((await runMeta(one, seed, 0, WINDOWS, rests)).excess)
      for (const depth of [1, 2] as const) {
        const found = await ratios(one, depth, rests, base)
        const group = `depth ${depth}, ${one.drifts ? "drifting" : "stationary"}${how}`
        ;(groups[group] ??= []).push(geometric(found))
        rows.push({
          what: `${one.name}, noise ${100 * one.noise} %${how}: depth ${depth} (worst ${percent(Math.max(...found))})`,
          value: percent(geometric(found)),
          unit: "% of depth 0",
        })
      }
    }
    for (const group in groups)
      rows.push({ what: `all, ${group}`, value: percent(geometric(groups[group])), unit: "% of depth 0" })
  }
  return rows
}

/** Depth 0, 1 and 2 of the meta level side by side. */
export const metaSection: Section = {
  name: "meta",
  title: `What is paid above the optimum: ${WINDOWS} windows, ${SEEDS.length} seeds`,
  measure,
}
