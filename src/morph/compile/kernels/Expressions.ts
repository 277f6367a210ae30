/** Expressions of the kernels' language as WebAssembly text. */
import { ACCESS, COMPARISONS, INT, type Type, VEC, VECTOR, WASM } from "./instructions.ts"
import { baseOf, placeText } from "./places.ts"
import { compared, folded, rangeOf, type Scope, type Typed, typedOf, type Variable } from "./Scope.ts"
import type { Expression } from "./syntax.ts"

const decimal = (value: number): string =>
  String(Math.fround(value)).replace("Infinity", "inf").replace("NaN", "nan")

/** What an instruction named with its dot gives. */
const resultOf = (instruction: string): Type =>
  /any_true|all_true|bitmask|^i32\.|i32x4\.extract/.test(instruction)
    ? "int"
    : instruction.startsWith("i64.")
      ? "long"
      : "vec"

/** A value as one of this type. */
export function as(value: Typed, type: Type): string {
  if (value.number !== undefined && type !== "int") {
    const text = decimal(value.number)
    return type === "vec"
      ? `(v128.const f32x4 ${text} ${text} ${text} ${text})`
      : `(i64.const ${value.number})`
  }
  if (value.type !== type) throw new Error(`${type} wanted, ${value.type} found: ${value.text}`)
  if (value.number !== undefined) return placeText(value.number)
  const { text, plus = 0 } = value
  return plus === 0 ? text : `(i32.add ${text} (i32.const ${plus}))`
}

export const numeric = (number: number): Typed => ({ type: "int", text: `(i32.const ${number})`, number })

/** The text of what is not known, "" where all is, and the number beside it. */
function apart({ text, number, plus = 0 }: Typed): { readonly text: string; readonly plus: number } {
  if (number === undefined) return { text, plus }
  const { base, offset } = baseOf(number)
  return { text: base, plus: offset }
}

export abstract class Expressions {
  protected readonly constants: ReadonlyMap<string, number>
  protected readonly isSpecial: boolean
  protected scope: Scope = new Map()

  /** @param isSpecial whether values that are known are followed */
  constructor(constants: ReadonlyMap<string, number>, isSpecial: boolean) {
    this.constants = constants
    this.isSpecial = isSpecial
  }

  /** A call of a function of the source. */
  protected abstract routine(name: string, given: ReadonlyArray<Typed>): Typed

  protected variable(name: string): Variable {
    const found = this.scope.get(name)
    if (found === undefined) throw new Error(`${name} is not known`)
    return found
  }

  value(expression: Expression): Typed {
    switch (expression.kind) {
      case "number":
        return numeric(expression.value)
      case "long":
        return { type: "long", text: `(i64.const ${expression.digits})` }
      case "negative": {
        const { number, text } = this.value(expression.of)
        if (number === undefined) throw new Error(`- before ${text}; write neg()`)
        return numeric(-number)
      }
      case "name": {
        const constant = this.scope.has(expression.name) ? undefined : this.constants.get(expression.name)
        return constant === undefined ? typedOf(this.variable(expression.name)) : numeric(constant)
      }
      case "call":
        return this.call(
          expression.name,
          expression.given.map((one) => this.value(one)),
        )
      default:
        return this.binary(expression.operator, this.value(expression.left), this.value(expression.right))
    }
  }

  private binary(operator: string, left: Typed, right: Typed): Typed {
    if (left.number !== undefined && right.number !== undefined)
      return numeric(folded(operator, left.number, right.number))
    const type = left.number === undefined ? left.type : right.type
    if (this.isSpecial && type === "int") return this.whole(operator, left, right)
    if (operator === "&" && (left.bits ?? right.bits) !== undefined) {
      const mask = (left.bits ?? right.bits) as 0 | -1
      const other = left.bits === undefined ? left : right
      return mask === -1 ? other : { ...numeric(0), type: "vec" }
    }
    const instruction = type === "vec" ? VEC[operator] : `${WASM[type]}.${INT[operator]}`
    if (instruction === undefined) throw new Error(`${operator} on ${type}`)
    return {
      type: type === "long" && COMPARISONS.has(operator) ? "int" : type,
      text: `(${instruction} ${as(left, type)} ${as(right, type)})`,
    }
  }

  /** Whole numbers: what is added is kept apart, and what is compared may be known. */
  private whole(operator: string, left: Typed, right: Typed): Typed {
    const decided = compared(operator, left, right)
    if (decided !== undefined) return numeric(decided)
    const range = rangeOf(operator, left, right)
    if (operator === "+" || operator === "-") {
      const sign = operator === "+" ? 1 : -1
      const [a, b] = [apart(left), apart(right)]
      const plus = a.plus + sign * b.plus
      const text =
        b.text === ""
          ? a.text
          : a.text === "" && sign === 1
            ? b.text
            : `(i32.${INT[operator]} ${a.text === "" ? "(i32.const 0)" : a.text} ${b.text})`
      const least = range === undefined ? {} : { range: [range[0] - plus, range[1] - plus] as const }
      return { type: "int", text, ...(plus === 0 ? {} : { plus }), ...least }
    }
    if (operator === "*" && (left.number === 0 || right.number === 0)) return numeric(0)
    const one = operator === "*" && (left.number === 1 ? right : right.number === 1 ? left : undefined)
    if (one) return one
    return {
      type: "int",
      text: `(i32.${INT[operator]} ${as(left, "int")} ${as(right, "int")})`,
      ...(range === undefined ? {} : { range }),
    }
  }

  private call(name: string, given: ReadonlyArray<Typed>): Typed {
    const access = ACCESS[name]
    if (access !== undefined) return this.access(access, given)
    const numbers = given.map(({ number = 0 }) => number)
    if (name === "lanes") return { type: "vec", text: `(v128.const f32x4 ${numbers.map(decimal).join(" ")})` }
    if (name === "words") return { type: "vec", text: `(v128.const i32x4 ${numbers.join(" ")})` }
    if (name === "all") {
      const [{ number }] = given
      if (this.isSpecial && number !== undefined)
        return { type: "vec", text: `(v128.const i32x4 ${number} ${number} ${number} ${number})` }
      return { type: "vec", text: `(i32x4.splat ${as(given[0], "int")})` }
    }
    if (name === "lane") return { type: "int", text: `(i32x4.extract_lane 0 ${as(given[0], "vec")})` }
    if (name === "choose") {
      const [mask, yes, no] = given.map((one) => as(one, "vec"))
      return { type: "vec", text: `(v128.bitselect ${yes} ${no} ${mask})` }
    }
    if (name === "shuffle") {
      const bytes = given.slice(2).flatMap(({ number = 0 }) => [0, 1, 2, 3].map((i) => 4 * number + i))
      return {
        type: "vec",
        text: `(i8x16.shuffle ${bytes.join(" ")} ${as(given[0], "vec")} ${as(given[1], "vec")})`,
      }
    }
    if (name === "storeLane") {
      const { text, offset } = this.address(given[0], 0)
      const lane = given[2]?.number ?? 0
      return { type: "none", text: `(v128.store32_lane${offset} ${lane} ${text} ${as(given[1], "vec")})` }
    }
    const vector = VECTOR[name]
    if (vector !== undefined)
      return { type: "vec", text: `(${vector} ${given.map((one) => as(one, "vec")).join(" ")})` }
    if (name.includes("."))
      return {
        type: resultOf(name),
        text: `(${name} ${given.map((one) => (one.number === undefined ? as(one, one.type) : as(one, /sh[lr]|^i32\./.test(name) ? "int" : name.startsWith("i64.") ? "long" : "vec"))).join(" ")})`,
      }
    return this.routine(name, given)
  }

  private access([instruction, result, stored]: (typeof ACCESS)[string], given: ReadonlyArray<Typed>): Typed {
    const { text, offset } = this.address(given[0], given[stored === null ? 1 : 2]?.number ?? 0)
    const value = stored === null ? "" : as(given[1], stored)
    return { type: result, text: `(${instruction}${offset} ${text} ${value})` }
  }

  private address(at: Typed, further: number): { readonly text: string; readonly offset: string } {
    const { text, plus } = this.isSpecial ? apart(at) : { text: as(at, "int"), plus: 0 }
    const offset = plus + further
    if (text === "") return { text: `(i32.const ${offset})`, offset: "" }
    // An offset is not below zero.
    if (offset < 0) return { text: `(i32.add ${text} (i32.const ${offset}))`, offset: "" }
    return { text, offset: offset === 0 ? "" : ` offset=${offset}` }
  }
}
