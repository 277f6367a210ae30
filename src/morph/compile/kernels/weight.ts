/** How much text statements become. */
import type { Block, Expression, Routine, Statement } from "./syntax.ts"

const known = new WeakMap<Block, number>()

/** Operations of a block, with those of the functions that it calls; of a loop, once. */
export function weightOf(block: Block, routines: ReadonlyMap<string, Routine>): number {
  const found = known.get(block)
  if (found !== undefined) return found
  const weight = block.reduce((sum, statement) => sum + ofStatement(statement, routines), 0)
  known.set(block, weight)
  return weight
}

function ofStatement(statement: Statement, routines: ReadonlyMap<string, Routine>): number {
  switch (statement.kind) {
    case "for":
      return 4 + weightOf(statement.body, routines)
    case "while":
      return 2 + weightOf(statement.body, routines)
    case "if":
      return Math.max(weightOf(statement.yes, routines), weightOf(statement.no, routines))
    case "call":
      return ofExpression(statement.call, routines)
    case "return":
      return statement.value === null ? 0 : ofExpression(statement.value, routines)
    default:
      return ofExpression(statement.value, routines)
  }
}

function ofExpression(expression: Expression, routines: ReadonlyMap<string, Routine>): number {
  if (expression.kind === "binary")
    return 1 + ofExpression(expression.left, routines) + ofExpression(expression.right, routines)
  if (expression.kind !== "call") return 0
  const { name, given } = expression
  const inner = routines.get(name)
  // Its tests are mostly decided, and one of its branches is left.
  const own = inner === undefined || name === "put" || name === "within" ? 1 : weightOf(inner.body, routines)
  return given.reduce((sum, one) => sum + ofExpression(one, routines), own)
}
