/**
 * What a cluster costs: a report of a replica, a digest between two runners, the memory of an engine and of an agent, a hundred thousand
 * tenants on three runners, and a fourth runner that joins them. Every process is real, and so is PostgreSQL.
 */
import { oneOf, readOptions } from "../../scripts/options.ts"
import { PARTS, type Row } from "./figures.ts"

const USAGE = `npm run bench:cluster -- [options]

Needs Debian's package postgresql. About seven minutes; ends with 1 where a bound is missed.

  --part P  report, digest, memory or tenants alone
  --short   a thirtieth of the tenants, half a minute, and no bounds for processor time
  --json    print one line of JSON`

const values = readOptions(USAGE, {
  part: { type: "string" },
  short: { type: "boolean", default: false },
  json: { type: "boolean", default: false },
})
const names = Object.keys(PARTS) as ReadonlyArray<keyof typeof PARTS>
const rows: Array<Row> = []
for (const name of values.part === undefined ? names : [oneOf("part", values.part, names)])
  rows.push(...(await PARTS[name](values.short)))
// Cold code has no processor time worth a bound.
const missed = rows.filter(
  ({ value, bound, unit }) => bound !== null && value > bound && !(values.short && unit === "us"),
)
process.stdout.write(
  values.json
    ? `${JSON.stringify({ rows })}\n`
    : rows
        .map(
          ({ name, value, unit, bound }) =>
            `${name.padEnd(62)} ${value.toFixed(value < 100 ? 1 : 0).padStart(9)} ${unit}${bound === null ? "" : ` (at most ${bound})`}\n`,
        )
        .join(""),
)
process.exit(missed.length === 0 ? 0 : 1)
