/**
 * Reads a formula from text: `always[0,60s](p99 < 200ms)`, `err > 2% -> eventually[0,20](err < 1%)`. From loose to tight: `->`
 * (to the right), `or`, `and`, `until` `release` `since` (to the left), then `not`, `next`, `always`... and comparisons of sums.
 * Bounds without a unit count digests. An error shows the place with a caret, and the nearest known word.
 */
import { ConfigError } from "../../domain/errors.ts"
import { closest } from "../../domain/closest.ts"
import { didYouMean } from "../../domain/problems.ts"
import * as make from "./formula.ts"
import type { Bound, Formula, OneSided, Sum, TwoSided } from "./formula.ts"

/** What a channel's numbers count: microseconds for times, and 1 for anything else. */
export type ChannelUnit = "us" | "ms" | "s" | "number"

/** The words that a text may use for channels. */
export interface ParseOptions {
  /** The channels that may be named, with their units. A time that is compared with one is converted. */
  readonly channels: Readonly<Record<string, ChannelUnit>>
}

interface Token {
  readonly kind: "number" | "word" | "sign" | "end"
  readonly text: string
  readonly at: number
}

const TOKEN =
  /\s*(?:((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)|([A-Za-z_$][\w$]*(?:\.[\w$]+)*)|(->|<=|>=|&&|\|\||[-+*()[\],<>!&|%]))/y

const US_PER: Readonly<Record<string, number>> = { us: 1, ms: 1e3, s: 1e6, min: 60e6, h: 3_600e6 }
const ONE_SIDED = ["always", "eventually", "historically", "once"] as const
const TWO_SIDED = ["until", "release", "since"] as const
const WORDS = [...ONE_SIDED, ...TWO_SIDED, "next", "strongNext", "not", "and", "or", "true", "false", "inf"]
/** Deeper nesting than this is a mistake, or an attack. */
const DEEPEST = 100

/** A number, and whether it is a time in microseconds. */
interface Literal {
  readonly value: number
  readonly isTime: boolean
}

/** The formula that a text means. Throws a ConfigError that shows where it cannot be read, or names what is not known. */
export function parseFormula(text: string, options: ParseOptions): Formula {
  const parser = new Parser(text, options)
  return parser.whole()
}

class Parser {
  private readonly text: string
  private readonly units: ParseOptions["channels"]
  private readonly tokens: ReadonlyArray<Token>
  private place = 0
  private depth = 0

  constructor(text: string, { channels }: ParseOptions) {
    this.text = text
    this.units = channels
    this.tokens = this.split()
  }

  whole(): Formula {
    const formula = this.implication()
    if (this.token.kind !== "end") this.fail(this.token, "is not expected here.")
    return formula
  }

  private split(): ReadonlyArray<Token> {
    const tokens: Array<Token> = []
    TOKEN.lastIndex = 0
    for (let from = 0; ; ) {
      const found = TOKEN.exec(this.text)
      if (found === null) {
        const at = from + (/^\s*/.exec(this.text.slice(from))?.[0].length ?? 0)
        if (at < this.text.length) this.fail({ kind: "sign", text: this.text[at], at }, "cannot be read.")
        return [...tokens, { kind: "end", text: "", at: this.text.length }]
      }
      const [all, number, word, sign] = found
      const text = number ?? word ?? sign
      const kind = number === undefined ? (word === undefined ? "sign" : "word") : "number"
      tokens.push({ kind, text, at: from + all.length - text.length })
      from = TOKEN.lastIndex
    }
  }

  private get token(): Token {
    return this.tokens[this.place]
  }

  /** Takes the next token if it is one of these. */
  private take(...texts: ReadonlyArray<string>): boolean {
    if (this.token.kind === "end" || !texts.includes(this.token.text)) return false
    this.place++
    return true
  }

  private expect(text: string, what: string): void {
    if (!this.take(text)) this.fail(this.token, `is not what follows here: ${what}.`)
  }

  private fail(token: Token, message: string, suggestion: string | null = null): never {
    const what = token.kind === "end" ? "The end" : JSON.stringify(token.text)
    const [before] = this.text.slice(0, token.at).split("\n").slice(-1)
    const [line] = this.text.slice(token.at - before.length).split("\n")
    const caret = " ".repeat(before.length) + "^".repeat(Math.max(1, token.text.length))
    const shown = `${what} ${message}${suggestion === null ? "" : ` ${suggestion}`}\n    ${line}\n    ${caret}`
    throw new ConfigError({ problems: [{ path: "formula", message: shown }] })
  }

  private deeper<T>(read: () => T): T {
    if (++this.depth > DEEPEST) this.fail(this.token, `is nested more than ${DEEPEST} deep.`)
    const value = read()
    this.depth--
    return value
  }

  private implication(): Formula {
    return this.deeper(() => {
      const left = this.either()
      return this.take("->", "implies") ? make.implies(left, this.implication()) : left
    })
  }

  private either(): Formula {
    const parts = [this.both()]
    while (this.take("or", "||", "|")) parts.push(this.both())
    return parts.length === 1 ? parts[0] : make.or(...parts)
  }

  private both(): Formula {
    const parts = [this.during()]
    while (this.take("and", "&&", "&")) parts.push(this.during())
    return parts.length === 1 ? parts[0] : make.and(...parts)
  }

  private during(): Formula {
    let left = this.unary()
    for (;;) {
      const op = TWO_SIDED.find((name: TwoSided) => this.take(name))
      if (op === undefined) return left
      const bound = this.bound()
      left = { op, bound, left, right: this.unary() }
    }
  }

  private unary(): Formula {
    return this.deeper(() => {
      if (this.take("not", "!")) return make.not(this.unary())
      if (this.take("next")) return make.next(this.unary())
      if (this.take("strongNext")) return make.strongNext(this.unary())
      const op = ONE_SIDED.find((name: OneSided) => this.take(name))
      if (op !== undefined) {
        const bound = this.bound()
        return { op, bound, of: this.unary() }
      }
      if (this.take("true")) return make.constant(true)
      if (this.take("false")) return make.constant(false)
      return this.opensFormula() ? this.group() : this.comparison()
    })
  }

  /** A parenthesis opens a formula if there is a comparison, a constant or an operator of logic inside. */
  private opensFormula(): boolean {
    if (this.token.text !== "(") return false
    let open = 0
    for (let i = this.place; i < this.tokens.length; i++) {
      const { text, kind } = this.tokens[i]
      if (text === "(") open++
      else if (text === ")" && --open === 0) return false
      else if (["<", ">", "<=", ">="].includes(text) || (kind === "word" && WORDS.includes(text))) return true
      else if (kind === "end") return true
    }
    return true
  }

  private group(): Formula {
    this.expect("(", 'a formula in "("')
    const formula = this.implication()
    this.expect(")", 'a ")" that closes the formula')
    return formula
  }

  private bound(): Bound {
    if (!this.take("[")) return { from: 0, to: Number.POSITIVE_INFINITY, unit: "digests" }
    const first = this.token
    const from = this.literal()
    this.expect(",", "a comma and the end of the bound")
    const last = this.token
    const to = this.take("inf") ? { value: Number.POSITIVE_INFINITY, isTime: from.isTime } : this.literal()
    this.expect("]", 'a "]" that closes the bound')
    // 0 is 0 in any unit.
    const unit = from.isTime || to.isTime ? "us" : "digests"
    const mixed = from.isTime !== to.isTime && from.value !== 0 && to.value !== Number.POSITIVE_INFINITY
    if (mixed) this.fail(last, "and the start of the bound must both be times or both count digests.")
    if (to.value < from.value)
      this.fail(last, "is before the start of the bound.", "Give the smaller one first.")
    for (const [token, { value }] of [
      [first, from],
      [last, to],
    ] as const)
      if (unit === "digests" && value !== Number.POSITIVE_INFINITY && !Number.isInteger(value))
        this.fail(token, "is not a whole number of digests.", "For a time give a unit: us, ms, s, min or h.")
    return { from: from.value, to: to.value, unit }
  }

  /** A number without a sign, with a unit of time or a per cent sign if it has one. */
  private literal(): Literal {
    const { token } = this
    if (token.kind !== "number") this.fail(token, "is not what follows here: a number.")
    this.place++
    const unit = this.token
    const follows = unit.at === token.at + token.text.length
    if (follows && this.take("%")) return { value: Number(token.text) / 100, isTime: false }
    if (!follows || unit.kind !== "word") return { value: Number(token.text), isTime: false }
    const size = Object.hasOwn(US_PER, unit.text) ? US_PER[unit.text] : undefined
    if (size === undefined)
      this.fail(unit, "is not a unit.", didYouMean(unit.text, [...Object.keys(US_PER), "%"]))
    this.place++
    return { value: Number(token.text) * size, isTime: true }
  }

  private comparison(): Formula {
    const at = this.token
    const left = this.sum()
    const sign = this.token
    if (!this.take("<", ">", "<=", ">="))
      this.fail(sign, 'is not what follows here: a comparison ("<", ">", "<=" or ">=").')
    const right = this.sum()
    const [more, less] = sign.text.startsWith(">") ? [left, right] : [right, left]
    return make.positive(...this.joined(more, less, at))
  }

  /** The difference of two sums in the unit of their channels. */
  private joined(more: RawSum, less: RawSum, at: Token): [Sum["terms"], number] {
    const factors = new Map<string, number>()
    const sum = (raw: RawSum, sign: number): void => {
      for (const { channel, factor } of raw.terms)
        factors.set(channel, (factors.get(channel) ?? 0) + sign * factor)
    }
    sum(more, 1)
    sum(less, -1)
    const terms = [...factors]
      .filter(([, factor]) => factor !== 0)
      .map(([channel, factor]) => ({ channel, factor }))
    if (terms.length === 0) this.fail(at, "starts a comparison without a channel.")
    const units = [...new Set(terms.map(({ channel }) => this.units[channel]))]
    if (units.length > 1)
      this.fail(at, `starts a comparison of channels with different units (${units.join(", ")}).`)
    const [unit] = units
    const timeUs = more.timeUs - less.timeUs
    if (timeUs !== 0 && unit === "number")
      this.fail(
        at,
        `starts a comparison with a time, but ${terms[0].channel} is not one.`,
        "Leave the unit of time out.",
      )
    return [terms, more.plain - less.plain + (unit === "number" ? 0 : timeUs / US_PER[unit])]
  }

  private sum(): RawSum {
    const sum: RawSum = { terms: [], plain: 0, timeUs: 0 }
    let sign = this.take("-") ? -1 : 1
    for (;;) {
      this.term(sum, sign)
      if (this.take("+")) sign = 1
      else if (this.take("-")) sign = -1
      else return sum
    }
  }

  private term(sum: RawSum, sign: number): void {
    if (this.take("(")) {
      const inner = this.sum()
      this.expect(")", 'a ")" that closes the sum')
      sum.terms.push(...inner.terms.map(({ channel, factor }) => ({ channel, factor: sign * factor })))
      sum.plain += sign * inner.plain
      sum.timeUs += sign * inner.timeUs
      return
    }
    if (this.token.kind === "word") {
      const channel = this.channel()
      const factor = this.take("*") ? this.literal().value : 1
      sum.terms.push({ channel, factor: sign * factor })
      return
    }
    const { value, isTime } = this.literal()
    if (this.take("*")) sum.terms.push({ channel: this.channel(), factor: sign * value })
    else if (isTime) sum.timeUs += sign * value
    else sum.plain += sign * value
  }

  private channel(): string {
    const { token } = this
    if (token.kind !== "word") this.fail(token, "is not what follows here: a channel.")
    if (!Object.hasOwn(this.units, token.text)) {
      const known = Object.keys(this.units)
      const near = closest(token.text, [...known, ...WORDS])
      this.fail(token, "is not a channel.", didYouMean(token.text, near === null ? known : [near]))
    }
    this.place++
    return token.text
  }
}

interface RawSum {
  readonly terms: Array<{ readonly channel: string; readonly factor: number }>
  plain: number
  timeUs: number
}
