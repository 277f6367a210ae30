/** The tables of docs/semantics.md that say what becomes of a command in each state, read by the tests that walk them. */
import { readFileSync } from "node:fs"

const PAGE = readFileSync(new URL("../../docs/semantics.md", import.meta.url), "utf8").split("\n")

const cellsOf = (line: string): ReadonlyArray<string> =>
  line
    .split("|")
    .slice(1, -2)
    .map((cell) => cell.trim().replaceAll("`", ""))

/** What becomes of a command, by command and state: the table whose rows end with this test, as `engine/commandTable.test.ts` "carries out". */
export function commandTable(test: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const rows = PAGE.filter((line) => line.startsWith("| `") && line.endsWith(`${test} |`))
  // Below the head of the table there is one line, and then the first command.
  const [, ...states] = cellsOf(PAGE[PAGE.indexOf(rows[0]) - 2])
  return new Map(
    rows.map((row) => {
      const [command, ...outcomes] = cellsOf(row)
      return [command, new Map(states.map((state, i) => [state, outcomes[i]]))]
    }),
  )
}
