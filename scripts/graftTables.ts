/** Two tables of the page on `graftMachine`, from the list of states and from the gates' own demands. */
import type { Check } from "../src/morph/contracts/Host.ts"
import { checksOf } from "../src/morph/grafting/gates.ts"
import { DEFAULT_GRAFTING } from "../src/morph/grafting/options.ts"
import { LIFE } from "../src/morph/grafting/transitions.ts"

const rows = (head: ReadonlyArray<string>, cells: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map(() => "---"), ...cells].map((row) => `| ${row.join(" | ")} |`).join("\n")

/** What follows what, what the socket gives out, and who learns from what. */
export const lifeTable = (): string =>
  rows(
    ["state", "next", "output", "host learns from", "graft learns from", "boundaries"],
    LIFE.map(({ state, next, output, hostLearnsFrom, graftLearnsFrom, least, most }) => [
      state,
      next.join(", "),
      output,
      hostLearnsFrom,
      graftLearnsFrom,
      most === null
        ? least === 0
          ? ""
          : `${least}`
        : least === 0
          ? `at most ${most}`
          : `${least} to ${most}`,
    ]),
  )

function bound({ min, max }: Check): string {
  if (min === max) return `${min}`
  if (min === undefined) return `at most ${max}`
  return max === undefined ? `at least ${min}` : `${min} to ${max}`
}

/** Every demand of every gate, with what happens when it is not met. */
export const gateTable = (): string =>
  rows(
    ["gate", "out of", "number", "must be", "otherwise"],
    LIFE.flatMap((row) =>
      row.gate === null
        ? []
        : checksOf(row, DEFAULT_GRAFTING, null).map((check) => [
            row.gate ?? "",
            row.state,
            `\`${check.figure}\``,
            bound(check),
            check.outside === "fail" ? "fails" : "holds",
          ]),
    ),
  )
