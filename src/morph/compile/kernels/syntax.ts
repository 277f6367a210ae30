/** The kernels' language as a tree; `language.ts` says what is in it. */
import { PRECEDENCE, type Type } from "./instructions.ts"

export type Expression =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "name"; readonly name: string }
  /** A whole number above 2^53, as it is written. */
  | { readonly kind: "long"; readonly digits: string }
  | { readonly kind: "negative"; readonly of: Expression }
  | { readonly kind: "call"; readonly name: string; readonly given: ReadonlyArray<Expression> }
  | {
      readonly kind: "binary"
      readonly operator: string
      readonly left: Expression
      readonly right: Expression
    }

export interface Assignment {
  readonly kind: "assignment"
  readonly name: string
  readonly value: Expression
}

export interface For {
  readonly kind: "for"
  readonly first: Assignment
  readonly test: Expression
  readonly next: Assignment
  readonly body: Block
}

export type Statement =
  | Assignment
  | For
  | { readonly kind: "call"; readonly call: Expression }
  | { readonly kind: "while"; readonly test: Expression; readonly body: Block }
  | { readonly kind: "if"; readonly test: Expression; readonly yes: Block; readonly no: Block }
  | { readonly kind: "return"; readonly value: Expression | null }

export type Block = ReadonlyArray<Statement>

export interface Routine {
  readonly kind: "fn" | "kernel"
  readonly name: string
  readonly parameters: ReadonlyArray<readonly [name: string, type: Type]>
  readonly result: Type
  readonly body: Block
}

export interface Source {
  readonly constants: ReadonlyArray<readonly [name: string, value: Expression]>
  /** In their order. */
  readonly routines: ReadonlyArray<Routine>
}

const TOKEN =
  /\s*(?:\/\/[^\n]*\n\s*)*(\d+(?:\.\d+)?(?:e[+-]?\d+)?|[A-Za-z_][\w.]*|>>>|<<|>>|[<>=!+\-*/]=|\S)/gy
const END = "the end"

class Parser {
  private readonly tokens: ReadonlyArray<string>
  private at = 0

  constructor(source: string) {
    this.tokens = [...source.trim().matchAll(TOKEN)].map(([, token]) => token)
  }

  source(): Source {
    const constants: Array<readonly [string, Expression]> = []
    const routines: Array<Routine> = []
    while (this.at < this.tokens.length) {
      const kind = this.take()
      const name = this.take()
      if (kind === "const") {
        this.take("=")
        constants.push([name, this.expression()])
      } else routines.push(this.routine(kind as Routine["kind"], name))
    }
    return { constants, routines }
  }

  private take(wanted?: string): string {
    const token = this.tokens[this.at++] ?? END
    if (wanted !== undefined && token !== wanted) {
      const before = this.tokens.slice(Math.max(0, this.at - 12), this.at).join(" ")
      throw new Error(`${wanted} wanted after: ${before}`)
    }
    return token
  }

  private skip(token: string): boolean {
    if (this.tokens[this.at] !== token) return false
    this.at++
    return true
  }

  private routine(kind: Routine["kind"], name: string): Routine {
    const parameters: Array<readonly [string, Type]> = []
    this.take("(")
    while (!this.skip(")")) {
      const parameter = this.take()
      if (kind === "fn") this.take(":")
      const type = kind === "fn" || this.skip(":") ? (this.take() as Type) : "int"
      parameters.push([parameter, type])
      this.skip(",")
    }
    const result = this.skip(":") ? (this.take() as Type) : "none"
    return { kind, name, parameters, result, body: this.block() }
  }

  private block(): Block {
    const statements: Array<Statement> = []
    this.take("{")
    while (!this.skip("}")) statements.push(this.statement())
    return statements
  }

  private statement(): Statement {
    if (this.skip("for")) return this.loop()
    if (this.skip("while")) return { kind: "while", test: this.condition(), body: this.block() }
    if (this.skip("if")) return this.choice()
    if (this.skip("return"))
      return { kind: "return", value: this.tokens[this.at] === "}" ? null : this.expression() }
    if (this.tokens[this.at + 1] === "(") return { kind: "call", call: this.expression() }
    return this.assignment()
  }

  private choice(): Statement {
    const test = this.condition()
    const yes = this.block()
    if (!this.skip("else")) return { kind: "if", test, yes, no: [] }
    const no = this.tokens[this.at] === "if" ? [this.statement()] : this.block()
    return { kind: "if", test, yes, no }
  }

  private condition(): Expression {
    this.take("(")
    const test = this.expression()
    this.take(")")
    return test
  }

  private loop(): For {
    this.take("(")
    const first = this.assignment()
    this.take(";")
    const test = this.expression()
    this.take(";")
    const next = this.assignment()
    this.take(")")
    return { kind: "for", first, test, next, body: this.block() }
  }

  private assignment(): Assignment {
    const name = this.take()
    const operator = this.take()
    const value = this.expression()
    if (operator === "=") return { kind: "assignment", name, value }
    const left: Expression = { kind: "name", name }
    return {
      kind: "assignment",
      name,
      value: { kind: "binary", operator: operator.slice(0, -1), left, right: value },
    }
  }

  private expression(least = 0): Expression {
    let left = this.operand()
    for (;;) {
      const operator = this.tokens[this.at]
      const precedence = PRECEDENCE[operator] ?? 0
      if (precedence <= least) return left
      this.at++
      left = { kind: "binary", operator, left, right: this.expression(precedence) }
    }
  }

  private operand(): Expression {
    const token = this.take()
    if (token === END) throw new Error(`${END} is not known`)
    if (token === "(") {
      const inner = this.expression()
      this.take(")")
      return inner
    }
    if (token === "-") return { kind: "negative", of: this.operand() }
    if (/^\d/.test(token)) return { kind: "number", value: Number(token) }
    return this.tokens[this.at] === "(" ? this.call(token) : { kind: "name", name: token }
  }

  private call(name: string): Expression {
    this.take("(")
    if (name === "long") {
      const digits = this.take()
      this.take(")")
      return { kind: "long", digits }
    }
    const given: Array<Expression> = []
    while (!this.skip(")")) {
      given.push(this.expression())
      this.skip(",")
    }
    return { kind: "call", name, given }
  }
}

export const parse = (source: string): Source => new Parser(source).source()

/** The names that a block assigns to, in the blocks within it too. */
export function assignedIn(block: Block, found: Set<string> = new Set<string>()): Set<string> {
  for (const statement of block) {
    if (statement.kind === "assignment") found.add(statement.name)
    else if (statement.kind === "for") assignedIn([statement.first, statement.next, ...statement.body], found)
    else if (statement.kind === "while") assignedIn(statement.body, found)
    else if (statement.kind === "if") assignedIn([...statement.yes, ...statement.no], found)
  }
  return found
}
