/** `npm run bench:growth -- --section lives`: random lives, each beside a twin in which nothing is planted. */
import { LIFE } from "../../../src/morph/grafting/transitions.ts"
import { whole } from "../../../scripts/options.ts"
import type { Row, Section } from "../../../scripts/section.ts"
import { lifeOf, type LifeReport } from "./Life.ts"

/** Lives between two lines that say how far it is. */
const PROGRESS = 100

const TABLE = LIFE.flatMap(({ state, next }) => next.map((to) => `${state} ${to}`))

/** The lives `from` and on, one after the other; what did not hold goes to the error output with the number that repeats it. */
function lived(from: number, count: number): ReadonlyArray<LifeReport> {
  const began = performance.now()
  return Array.from({ length: count }, (_, i) => {
    const report = lifeOf(from + i)
    for (const breach of report.breaches)
      console.error(`--section lives --from ${from + i} --lives 1: ${breach}`)
    if ((i + 1) % PROGRESS === 0)
      console.error(`${i + 1} of ${count} lives, ${Math.round((performance.now() - began) / 1000)} s`)
    return report
  })
}

function measure(from: number, count: number): ReadonlyArray<Row> {
  const lives = lived(from, count)
  const sum = (of: (life: LifeReport) => number): number => lives.reduce((all, life) => all + of(life), 0)
  const moves = (to: string): number =>
    sum((life) => life.moves.filter((move) => move.endsWith(` ${to}`)).length)
  const seen = new Set(lives.flatMap((life) => life.moves))
  const row = (what: string, value: number, unit: string): Row => ({ what, value, unit })
  return [
    {
      ...row(
        "lives in which something did not hold",
        sum(({ breaches }) => (breaches.length > 0 ? 1 : 0)),
        `of ${count}`,
      ),
      most: 0,
    },
    row(
      "lives in which no graft came past G3",
      sum(({ past }) => (past ? 0 : 1)),
      `of ${count}`,
    ),
    row(
      "boundaries",
      sum(({ epochs }) => epochs),
      "",
    ),
    row(
      "commands of a person",
      sum(({ commands }) => commands),
      "",
    ),
    row(
      "of them refused",
      sum(({ refused }) => refused),
      "",
    ),
    row("grafts planted", moves("germinated"), ""),
    row("culled", moves("culled"), ""),
    row("kept", moves("fossilized"), ""),
    row(
      "transitions of the table that were taken",
      TABLE.filter((one) => seen.has(one)).length,
      `of ${TABLE.length}`,
    ),
  ]
}

/** The options of this section. */
export const LIVES = {
  defaults: { lives: "1000", from: "1" },
  usage: `  --lives N        Of the section lives: how many (default: 1000, two minutes)
  --from N         Of the section lives: number of the first; --from N --lives 1 repeats one (default: 1)
`,
}

export const livesSection: Section = {
  name: "lives",
  title:
    "Random lives, each compared bit for bit with the same host left alone, until a graft is past gate G3",
  measure: ({ from, lives }) => Promise.resolve(measure(whole("from", from, 0), whole("lives", lives))),
}
