/** The self-tuning service of `examples/agent` through a day: each faculty left out in turn, over several seeds. */
import { type Day, days, runDay } from "../../examples/agent/day.ts"
import { createEngine } from "../../src/index.node.ts"
import type { Row, Section } from "../../scripts/section.ts"

/** The example knows it by the types of the built package. */
const make = createEngine as unknown as Parameters<typeof runDay>[0]
const SEEDS = [1, 2, 3, 4, 5]

async function measure(): Promise<ReadonlyArray<Row>> {
  const rows: Array<Row> = []
  for (const [title, on] of days) {
    const all: Array<Day> = []
    for (const seed of SEEDS) all.push(await runDay(make, on, { seed }))
    const mean = (of: (day: Day) => number): number => all.reduce((sum, day) => sum + of(day), 0) / all.length
    rows.push(
      {
        what: `${title}: cost`,
        value: Math.round(1_000 * mean((day) => day.cost)) / 1_000,
        unit: "cents a second",
      },
      { what: `${title}: unsafe`, value: Math.round(mean((day) => day.unsafe)), unit: "s" },
      { what: `${title}: a rule violated`, value: Math.round(mean((day) => day.violated)), unit: "s" },
      { what: `${title}: deadlines missed`, value: mean((day) => day.missed), unit: "", most: 0 },
      { what: `${title}: SafeMode open`, value: Math.round(mean((day) => day.safe)), unit: "s" },
    )
  }
  return rows
}

export const agentSection: Section = {
  name: "agent",
  title: `A day of a self-tuning service, mean of ${SEEDS.length} seeds`,
  measure,
}
