/**
 * Benchmarks in sections, such as `npm run bench:temporal`: what a section is, when a figure is wrong, and the command that measures and
 * prints them.
 */
import { oneOf, readOptions } from "./options.ts"

/** One figure. */
export interface Row {
  readonly what: string
  readonly value: number
  readonly unit: string
  /** Largest value that is right; absent where the figure is for information. */
  readonly most?: number
  /** Smallest value that is right. */
  readonly least?: number
}

/** What a person may tell the sections of a command beside their names: the values by option. */
export type Told = Readonly<Record<string, string>>

/** What a section is called and how it measures. */
export interface Section {
  readonly name: string
  readonly title: string
  readonly measure: (told: Told) => Promise<ReadonlyArray<Row>>
}

/** What is wrong with a row, in words; null where nothing is. */
function fault({ what, value, unit, most, least }: Row): string | null {
  if (Number.isNaN(value)) return `${what} could not be measured`
  if (most !== undefined && value > most) return `${what} is ${value} ${unit}, ${most} is the bound`
  if (least !== undefined && value < least) return `${what} is ${value} ${unit}, ${least} is the least`
  return null
}

/**
 * The whole of such a command: `name` after `bench:`, and one sentence about what it measures. Ends with 1 where a bound is broken.
 *
 * @param more options of single sections, with their lines of the help
 */
export async function runSections(
  name: string,
  sentence: string,
  sections: ReadonlyArray<Section>,
  more: { readonly defaults: Told; readonly usage: string } = { defaults: {}, usage: "" },
): Promise<void> {
  const values = readOptions(
    `${sentence} Ends with 1 where a figure is outside its bounds.

USAGE
  npm run bench:${name} -- [--section NAME] [--json]${more.usage === "" ? "" : " [OPTION]..."}

  --section NAME   One of ${sections.map(({ name }) => name).join(", ")} (default: all)
  --json           For machines
${more.usage}`,
    {
      section: { type: "string", default: "all" },
      json: { type: "boolean", default: false },
      ...Object.fromEntries(
        Object.entries(more.defaults).map(
          ([option, value]) => [option, { type: "string", default: value }] as const,
        ),
      ),
    },
  )
  const told = Object.fromEntries(
    Object.keys(more.defaults).map((option) => [option, String(Reflect.get(values, option))]),
  )
  const wanted = oneOf("section", values.section, ["all", ...sections.map(({ name }) => name)])
  const found: Record<string, ReadonlyArray<Row>> = {}
  for (const { name, title, measure } of sections) {
    if (wanted !== "all" && wanted !== name) continue
    const rows = await measure(told)
    found[name] = rows
    if (values.json) continue
    console.log(`${title}\n| figure | value | bound |\n|---|---|---|`)
    for (const { what, value, unit, most, least } of rows) {
      const bound = most === undefined ? (least === undefined ? "" : `at least ${least}`) : `at most ${most}`
      console.log(`| ${what} | ${value} ${unit} | ${bound} |`)
    }
    console.log("")
  }
  if (values.json) console.log(JSON.stringify(found, null, 2))
  const faults = Object.values(found).flatMap((rows) => rows.flatMap((row) => fault(row) ?? []))
  for (const one of faults) console.error(one)
  process.exitCode = faults.length > 0 ? 1 : 0
}
