/** What is known of the variables of a routine while its text is written. */
import type { Type } from "./instructions.ts"

/** Least and greatest value. */
export type Range = readonly [least: number, most: number]

/** What an expression gives, and its text. */
export interface Typed {
  readonly type: Type
  readonly text: string
  /** Set where it is a plain number, whose type depends on what is beside it. */
  readonly number?: number
  /** What is to be added to the text: the offset of an access takes it for nothing. */
  readonly plus?: number
  readonly range?: Range
  /** Set where every bit is 0, or 1. */
  readonly bits?: 0 | -1
}

export interface Variable {
  readonly type: Type
  /** Its local. */
  readonly local: string
  /** What it holds, where that is known. */
  value?: number
  /** Whether the local does not hold it yet. */
  isPending: boolean
  range?: Range
  /** What is to be added to the local: a number that another variable's local is away from it. */
  plus?: number
  /** Text in place of the local. */
  readonly text?: string
  readonly bits?: 0 | -1
}

/** Variables by name: those of a routine, or of one that is written into another. */
export type Scope = Map<string, Variable>

export function typedOf(variable: Variable): Typed {
  const { type, local, value, range, plus, text, bits } = variable
  if (value !== undefined) return { type, text: "", number: value }
  return {
    type,
    text: text ?? `(local.get $${local})`,
    ...(range === undefined ? {} : { range }),
    ...(plus === undefined || plus === 0 ? {} : { plus }),
    ...(bits === undefined ? {} : { bits }),
  }
}

/** The range of a sum, a difference or a product; none where it is not known. */
export function rangeOf(operator: string, left: Typed, right: Typed): Range | undefined {
  const [a, b] = [bounds(left), bounds(right)]
  if (a === null || b === null) return undefined
  if (operator === "+") return [a[0] + b[0], a[1] + b[1]]
  if (operator === "-") return [a[0] - b[1], a[1] - b[0]]
  if (operator !== "*") return undefined
  const products = [a[0] * b[0], a[0] * b[1], a[1] * b[0], a[1] * b[1]]
  return [Math.min(...products), Math.max(...products)]
}

const bounds = ({ number, range, plus = 0 }: Typed): Range | null => {
  if (number !== undefined) return [number, number]
  return range === undefined ? null : [range[0] + plus, range[1] + plus]
}

/** What a comparison of ranges gives, 1 or 0; undefined where it depends. */
export function compared(operator: string, left: Typed, right: Typed): number | undefined {
  const [a, b] = [bounds(left), bounds(right)]
  if (a === null || b === null) return undefined
  switch (operator) {
    case "<":
      return a[1] < b[0] ? 1 : a[0] >= b[1] ? 0 : undefined
    case ">":
      return a[0] > b[1] ? 1 : a[1] <= b[0] ? 0 : undefined
    case "<=":
      return a[1] <= b[0] ? 1 : a[0] > b[1] ? 0 : undefined
    case ">=":
      return a[0] >= b[1] ? 1 : a[1] < b[0] ? 0 : undefined
    default:
      return undefined
  }
}

/** Both numbers known. */
export function folded(operator: string, a: number, b: number): number {
  switch (operator) {
    case "+":
      return a + b
    case "-":
      return a - b
    case "*":
      return a * b
    case "/":
      return Math.trunc(a / b)
    case "<<":
      return a << b
    case ">>":
      return a >> b
    case "&":
      return a & b
    case "|":
      return a | b
    case "<":
      return Number(a < b)
    case ">":
      return Number(a > b)
    case "<=":
      return Number(a <= b)
    case ">=":
      return Number(a >= b)
    case "==":
      return Number(a === b)
    case "!=":
      return Number(a !== b)
    default:
      throw new Error(`${operator} between two numbers`)
  }
}
