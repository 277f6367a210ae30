/** The turns of a loop, where they are known before it runs. */
import { assignedIn, type Expression, type For, type Statement } from "./syntax.ts"

export interface Turns {
  readonly start: number
  readonly step: number
  readonly count: number
  /** What the variable holds after them. */
  readonly until: number
  /** Whether the last one goes past the end, and the loop's variable is read: what it has to leave out is known in a turn of its own. */
  readonly isRagged: boolean
}

/** @param known what an expression gives, where that is known */
export function countOf(
  { first, test, next, body }: For,
  start: number | undefined,
  known: (expression: Expression) => number | undefined,
): Turns | null {
  const { name } = first
  const assigned = assignedIn(body)
  if (start === undefined || assigned.has(name) || next.name !== name || test.kind !== "binary") return null
  const bound = test.right
  if (test.left.kind !== "name" || test.left.name !== name) return null
  if (namesIn(bound).some((one) => one === name || assigned.has(one))) return null
  const { value } = next
  if (value.kind !== "binary" || value.left.kind !== "name" || value.left.name !== name) return null
  const size = namesIn(value.right).some((one) => assigned.has(one)) ? undefined : known(value.right)
  const end = known(bound)
  if (size === undefined || end === undefined) return null
  const step = value.operator === "+" ? size : value.operator === "-" ? -size : 0
  const isUp = test.operator === "<" && step > 0
  if (!isUp && !(test.operator === ">" && step < 0)) return null
  const count = Math.max(0, Math.ceil((end - start) / step))
  const isRagged = (end - start) % step !== 0 && body.some((statement) => mentions(statement, name))
  return { start, step, count, until: start + count * step, isRagged }
}

function namesIn(expression: Expression): ReadonlyArray<string> {
  switch (expression.kind) {
    case "name":
      return [expression.name]
    case "negative":
      return namesIn(expression.of)
    case "call":
      return expression.given.flatMap(namesIn)
    case "binary":
      return [...namesIn(expression.left), ...namesIn(expression.right)]
    default:
      return []
  }
}

function mentions(statement: Statement, name: string): boolean {
  const within = (expression: Expression): boolean => namesIn(expression).includes(name)
  switch (statement.kind) {
    case "for":
      return (
        [statement.first, statement.next, ...statement.body].some((one) => mentions(one, name)) ||
        within(statement.test)
      )
    case "while":
      return within(statement.test) || statement.body.some((one) => mentions(one, name))
    case "if":
      return within(statement.test) || [...statement.yes, ...statement.no].some((one) => mentions(one, name))
    case "call":
      return within(statement.call)
    case "return":
      return statement.value !== null && within(statement.value)
    default:
      return within(statement.value)
  }
}
