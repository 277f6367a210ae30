/**
 * A small language for the kernels of `src/morph/tensor/fast`, translated to WebAssembly text. It has what kernels need and no more:
 * whole numbers (`int`), four lanes of single precision (`vec`) and 64-bit words (`long`); assignments, `for`, `while`, `if`, calls.
 *
 *     fn twice(x: vec): vec { return x + x }
 *     kernel double(y, x, n) {
 *       for (i = 0; i < n; i += 16) { store(y + i, twice(load(x + i))) }
 *     }
 *
 * A variable has the type of what is first assigned to it. A number beside a `vec` stands for four lanes of it. A name with a dot is
 * the instruction of that name. A `kernel` takes one thing, the address of its instruction in memory, whose words from the third on are
 * its arguments; the address itself is `instruction`. An argument that is a `vec` is a number by its bits, in every lane.
 */
import { ACCESS, COMPARISONS, INT, PRECEDENCE, type Type, VEC, VECTOR, WASM } from "./instructions.ts"

interface Typed {
  readonly type: Type
  readonly text: string
  /** Set where it is a plain number, whose type depends on what is beside it. */
  readonly number?: number
}

interface Signature {
  readonly parameters: ReadonlyArray<Type>
  readonly result: Type
}

export interface Kernel {
  readonly name: string
  readonly parameters: ReadonlyArray<string>
}

export interface Translation {
  readonly functions: string
  readonly kernels: ReadonlyArray<Kernel>
}

const TOKEN =
  /\s*(?:\/\/[^\n]*\n\s*)*(\d+(?:\.\d+)?(?:e[+-]?\d+)?|[A-Za-z_][\w.]*|>>>|<<|>>|[<>=!+\-*/]=|\S)/gy

const decimal = (value: number): string => {
  const single = Math.fround(value)
  return String(single).replace("Infinity", "inf").replace("NaN", "nan")
}

const as = (value: Typed, type: Type): string => {
  if (value.number !== undefined && type !== "int") {
    const text = decimal(value.number)
    return type === "vec"
      ? `(v128.const f32x4 ${text} ${text} ${text} ${text})`
      : `(i64.const ${value.number})`
  }
  if (value.type !== type) throw new Error(`${type} wanted, ${value.type} found: ${value.text}`)
  return value.text
}

/** What an instruction named with its dot gives. */
const resultOf = (instruction: string): Type =>
  /any_true|all_true|bitmask|^i32\.|i32x4\.extract/.test(instruction)
    ? "int"
    : instruction.startsWith("i64.")
      ? "long"
      : "vec"

class Translator {
  readonly #tokens: ReadonlyArray<string>
  readonly #signatures = new Map<string, Signature>()
  readonly #constants = new Map([
    ["inf", Number.POSITIVE_INFINITY],
    ["nan", Number.NaN],
  ])
  readonly kernels: Array<Kernel> = []
  #at = 0
  #locals = new Map<string, Type>()
  #labels = 0
  #result: Type = "none"

  constructor(source: string) {
    this.#tokens = [...source.trim().matchAll(TOKEN)].map(([, token]) => token)
  }

  #take(wanted?: string): string {
    const token = this.#tokens[this.#at++] ?? "the end"
    if (wanted !== undefined && token !== wanted) {
      const before = this.#tokens.slice(Math.max(0, this.#at - 12), this.#at).join(" ")
      throw new Error(`${wanted} wanted after: ${before}`)
    }
    return token
  }
  #is(token: string): boolean {
    return this.#tokens[this.#at] === token
  }
  #skip(token: string): boolean {
    if (!this.#is(token)) return false
    this.#at++
    return true
  }

  program(): string {
    const parts: Array<string> = []
    while (this.#at < this.#tokens.length) {
      const kind = this.#take()
      const name = this.#take()
      if (kind === "const") {
        this.#take("=")
        const value = this.#expression()
        if (value.number === undefined) throw new Error(`${name} is no number`)
        this.#constants.set(name, value.number)
      } else parts.push(kind === "kernel" ? this.#kernel(name) : this.#function(name))
    }
    return parts.join("\n")
  }

  #kernel(name: string): string {
    const pairs = this.#parameters("int")
    this.kernels.push({ name, parameters: pairs.map(([parameter]) => parameter) })
    this.#begin([["instruction", "int"], ...pairs])
    const reads = pairs
      .map(([parameter, type], i) => {
        const read = type === "vec" ? "v128.load32_splat" : "i32.load"
        return `(local.set $${parameter} (${read} offset=${8 + 4 * i} (local.get $instruction)))`
      })
      .join("\n")
    const body = this.#block()
    return `(func $${name} (type $kernel) (param $instruction i32) ${this.#declared(1)}\n${reads}\n${body})`
  }

  #function(name: string): string {
    const pairs = this.#parameters()
    const result = this.#skip(":") ? (this.#take() as Type) : "none"
    this.#signatures.set(name, { parameters: pairs.map(([, type]) => type), result })
    this.#begin(pairs)
    this.#result = result
    const body = this.#block()
    const given = pairs.map(([parameter, type]) => `(param $${parameter} ${WASM[type]})`).join(" ")
    const gives = result === "none" ? "" : `(result ${WASM[result]})`
    return `(func $${name} ${given} ${gives} ${this.#declared(pairs.length)}\n${body})`
  }

  #parameters(usual?: Type): ReadonlyArray<readonly [string, Type]> {
    const pairs: Array<readonly [string, Type]> = []
    this.#take("(")
    while (!this.#skip(")")) {
      const parameter = this.#take()
      if (usual === undefined) this.#take(":")
      const type = usual === undefined || this.#skip(":") ? (this.#take() as Type) : usual
      pairs.push([parameter, type])
      this.#skip(",")
    }
    return pairs
  }

  #begin(locals: ReadonlyArray<readonly [string, Type]>): void {
    this.#locals = new Map(locals)
    this.#result = "none"
  }
  #declared(given: number): string {
    return [...this.#locals]
      .slice(given)
      .map(([local, type]) => `(local $${local} ${WASM[type]})`)
      .join(" ")
  }

  #block(): string {
    const statements: Array<string> = []
    this.#take("{")
    while (!this.#skip("}")) statements.push(this.#statement())
    return statements.join("\n")
  }

  #statement(): string {
    if (this.#skip("for")) return this.#for()
    if (this.#skip("while")) {
      const label = `$l${this.#labels++}`
      const test = this.#condition()
      return `(loop ${label} (if ${test} (then ${this.#block()} (br ${label}))))`
    }
    if (this.#skip("if")) {
      const test = this.#condition()
      const then = this.#block()
      const otherwise = this.#skip("else")
        ? ` (else ${this.#is("if") ? this.#statement() : this.#block()})`
        : ""
      return `(if ${test} (then ${then})${otherwise})`
    }
    if (this.#skip("return"))
      return this.#is("}") ? "(return)" : `(return ${as(this.#expression(), this.#result)})`
    if (this.#tokens[this.#at + 1] === "(") return this.#expression().text
    return this.#assignment()
  }

  #condition(): string {
    this.#take("(")
    const test = as(this.#expression(), "int")
    this.#take(")")
    return test
  }

  /** Tested once before the first round and then after each, which costs one branch a round. */
  #for(): string {
    this.#take("(")
    const first = this.#assignment()
    this.#take(";")
    const test = as(this.#expression(), "int")
    this.#take(";")
    const next = this.#assignment()
    this.#take(")")
    const label = `$l${this.#labels++}`
    return `${first}\n(if ${test} (then (loop ${label}\n${this.#block()}\n${next}\n(br_if ${label} ${test}))))`
  }

  #assignment(): string {
    const name = this.#take()
    const operator = this.#take()
    const right = this.#expression()
    const known = this.#locals.get(name)
    const value = operator === "=" ? right : this.#binary(operator.slice(0, -1), this.#variable(name), right)
    this.#locals.set(name, known ?? value.type)
    return `(local.set $${name} ${as(value, known ?? value.type)})`
  }

  #variable(name: string): Typed {
    const type = this.#locals.get(name)
    if (type === undefined) throw new Error(`${name} is not known`)
    return { type, text: `(local.get $${name})` }
  }

  #expression(least = 0): Typed {
    let left = this.#operand()
    for (;;) {
      const operator = this.#tokens[this.#at]
      const precedence = PRECEDENCE[operator] ?? 0
      if (precedence <= least) return left
      this.#at++
      left = this.#binary(operator, left, this.#expression(precedence))
    }
  }

  #binary(operator: string, left: Typed, right: Typed): Typed {
    if (left.number !== undefined && right.number !== undefined) {
      const value = operator === "*" ? left.number * right.number : left.number - right.number
      if (operator !== "*" && operator !== "-") throw new Error(`${operator} between two numbers`)
      return { type: "int", text: `(i32.const ${value})`, number: value }
    }
    const type = left.number === undefined ? left.type : right.type
    const instruction = type === "vec" ? VEC[operator] : `${WASM[type]}.${INT[operator]}`
    if (instruction === undefined) throw new Error(`${operator} on ${type}`)
    return {
      type: type === "long" && COMPARISONS.has(operator) ? "int" : type,
      text: `(${instruction} ${as(left, type)} ${as(right, type)})`,
    }
  }

  #operand(): Typed {
    const token = this.#take()
    if (token === "(") {
      const inner = this.#expression()
      this.#take(")")
      return inner
    }
    if (token === "-") {
      const { number, text } = this.#operand()
      if (number === undefined) throw new Error(`- before ${text}; write neg()`)
      return { type: "int", text: `(i32.const ${-number})`, number: -number }
    }
    const value = /^\d/.test(token) ? Number(token) : this.#constants.get(token)
    if (value !== undefined) return { type: "int", text: `(i32.const ${value})`, number: value }
    return this.#is("(") ? this.#call(token) : this.#variable(token)
  }

  #call(name: string): Typed {
    const given: Array<Typed> = []
    this.#take("(")
    // Whole numbers above 2^53 are handed on as they are written.
    if (name === "long") {
      const text = `(i64.const ${this.#take()})`
      this.#take(")")
      return { type: "long", text }
    }
    while (!this.#skip(")")) {
      given.push(this.#expression())
      this.#skip(",")
    }
    const access = ACCESS[name]
    if (access !== undefined) {
      const [instruction, result, value] = access
      const offset = given[value === null ? 1 : 2]?.number ?? 0
      const stored = value === null ? "" : as(given[1], value)
      const where = offset === 0 ? "" : ` offset=${offset}`
      return { type: result, text: `(${instruction}${where} ${as(given[0], "int")} ${stored})` }
    }
    const numbers = given.map(({ number = 0 }) => number)
    if (name === "lanes") return { type: "vec", text: `(v128.const f32x4 ${numbers.map(decimal).join(" ")})` }
    if (name === "words") return { type: "vec", text: `(v128.const i32x4 ${numbers.join(" ")})` }
    if (name === "all") return { type: "vec", text: `(i32x4.splat ${as(given[0], "int")})` }
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
      const lane = given[2]?.number ?? 0
      return {
        type: "none",
        text: `(v128.store32_lane ${lane} ${as(given[0], "int")} ${as(given[1], "vec")})`,
      }
    }
    const vector = VECTOR[name]
    if (vector !== undefined)
      return { type: "vec", text: `(${vector} ${given.map((one) => as(one, "vec")).join(" ")})` }
    if (name.includes("."))
      return {
        type: resultOf(name),
        text: `(${name} ${given.map((one) => (one.number === undefined ? one.text : as(one, /sh[lr]|^i32\./.test(name) ? "int" : name.startsWith("i64.") ? "long" : "vec"))).join(" ")})`,
      }
    const signature = this.#signatures.get(name)
    if (signature === undefined) throw new Error(`${name} is no function`)
    if (signature.parameters.length !== given.length)
      throw new Error(`${name} takes ${signature.parameters.length}`)
    const passed = given.map((one, i) => as(one, signature.parameters[i]))
    return { type: signature.result, text: `(call $${name} ${passed.join(" ")})` }
  }
}

export function translate(source: string): Translation {
  const translator = new Translator(source)
  return { functions: translator.program(), kernels: translator.kernels }
}
