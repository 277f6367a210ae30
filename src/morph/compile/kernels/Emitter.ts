/**
 * Writes routines of the kernels' language as WebAssembly text, in one of two ways. As they are: a kernel reads its arguments from its
 * instruction. Or for one instruction, whose arguments are all known: then what depends on them alone is not computed when it runs,
 * branches that they decide are gone, the last numbers of a row are written without a test, and functions are written into what calls
 * them. No operation on numbers is added, left out or put elsewhere, so both give the same bits.
 */
import { as, Expressions, numeric } from "./Expressions.ts"
import type { Type } from "./instructions.ts"
import { placeText } from "./places.ts"
import { compared, type Scope, type Typed, typedOf, type Variable } from "./Scope.ts"
import { assignedIn, type Block, type Routine, type Statement } from "./syntax.ts"
import { countOf } from "./turns.ts"
import { weightOf } from "./weight.ts"

/** Statements that a loop of few turns may become. */
const MOST_UNROLLED = 240
/** Statements that a loop may become with all copies of the loops around it: without that, each depth would multiply them again. */
const MOST_NESTED = 480
/** Statements of several turns in one. */
const MOST_TOGETHER = 64
const TOGETHER = 4

export class Emitter extends Expressions {
  /** Locals by name, in the order of their first use. */
  readonly locals = new Map<string, Type>()
  private readonly routines: ReadonlyMap<string, Routine>
  private result: Type = "none"
  /** Statements that have to run before the one that is being written. */
  private before: Array<string> = []
  private labels = 0
  /** How often what is written now is written, for the turns of the loops around it. */
  private copies = 1

  /** @param isSpecial whether values that are known are followed */
  constructor(
    constants: ReadonlyMap<string, number>,
    routines: ReadonlyMap<string, Routine>,
    isSpecial: boolean,
  ) {
    super(constants, isSpecial)
    this.routines = routines
  }

  /** Declares a local that is given. */
  declare(name: string, type: Type, known: Partial<Variable> = {}): void {
    this.scope.set(name, { type, local: name, isPending: known.value !== undefined, ...known })
    if (known.value === undefined && known.text === undefined) this.locals.set(name, type)
  }

  /** Declares a whole number that is known. */
  bind(name: string, value: number): void {
    this.fresh(name, "int", { value })
  }

  returns(result: Type): void {
    this.result = result
  }

  block(block: Block): Array<string> {
    return block.flatMap((statement) => {
      const lines = this.statement(statement)
      const before = this.before
      this.before = []
      return [...before, ...lines]
    })
  }

  private statement(statement: Statement): Array<string> {
    switch (statement.kind) {
      case "for":
        return this.isSpecial ? this.knownLoop(statement) : this.loop(statement)
      case "while":
        return this.whileLoop(statement)
      case "if":
        return this.choice(statement)
      case "return": {
        const { value } = statement
        return [value === null ? "(return)" : `(return ${as(this.value(value), this.result)})`]
      }
      case "call": {
        const { text } = this.value(statement.call)
        return text === "" ? [] : [text]
      }
      default:
        return this.assign(statement.name, this.value(statement.value))
    }
  }

  // Variables.

  private assign(name: string, value: Typed): Array<string> {
    const known = this.scope.get(name)
    const type = known?.type ?? value.type
    if (this.isSpecial && type === "int" && value.number !== undefined) {
      if (known === undefined) this.fresh(name, type, { value: value.number })
      else Object.assign(known, { value: value.number, isPending: true, range: undefined, plus: undefined })
      return []
    }
    // What is added to a local is kept for the offsets of accesses.
    if (
      this.isSpecial &&
      type === "int" &&
      known !== undefined &&
      value.text === `(local.get $${known.local})`
    ) {
      Object.assign(known, { plus: value.plus, range: value.range })
      return []
    }
    const variable = known ?? this.fresh(name, type)
    const text = as(value, type)
    Object.assign(variable, {
      value: undefined,
      plus: undefined,
      isPending: false,
      range: this.isSpecial ? spanOf(value) : undefined,
    })
    return [`(local.set $${variable.local} ${text})`]
  }

  /** A variable with a local of its own. */
  private fresh(name: string, type: Type, known: Partial<Variable> = {}): Variable {
    let local = name
    for (let i = 2; this.isSpecial && this.locals.has(local); i++) local = `${name}.${i}`
    this.locals.set(local, type)
    const variable: Variable = { type, local, isPending: known.value !== undefined, ...known }
    this.scope.set(name, variable)
    return variable
  }

  /** Writes what is known into the locals of these, and then knows it no more. */
  private forget(names: Iterable<string>): Array<string> {
    const lines: Array<string> = []
    for (const name of names) {
      const variable = this.scope.get(name)
      if (variable === undefined) continue
      if (variable.isPending || (variable.plus ?? 0) !== 0)
        lines.push(`(local.set $${variable.local} ${as(typedOf(variable), variable.type)})`)
      Object.assign(variable, { value: undefined, isPending: false, range: undefined, plus: undefined })
    }
    return this.isSpecial ? lines : []
  }

  // Statements.

  private choice({ test, yes, no }: Extract<Statement, { kind: "if" }>): Array<string> {
    const decided = this.value(test)
    if (this.isSpecial && decided.number !== undefined) return this.block(decided.number === 0 ? no : yes)
    const assigned = assignedIn([...yes, ...no])
    const held = this.forget(assigned)
    // After that, because it changes what the locals hold.
    const text = as(this.value(test), "int")
    const branch = (block: Block): string => [...this.block(block), ...this.forget(assigned)].join("\n")
    const first = branch(yes)
    const second = no.length === 0 ? "" : ` (else ${branch(no)})`
    return [...held, `(if ${text} (then ${first})${second})`]
  }

  private whileLoop({ test, body }: Extract<Statement, { kind: "while" }>): Array<string> {
    const label = `$l${this.labels++}`
    const assigned = assignedIn(body)
    const held = this.forget(assigned)
    const text = as(this.value(test), "int")
    const inner = [...this.block(body), ...this.forget(assigned)].join("\n")
    return [...held, `(loop ${label} (if ${text} (then ${inner} (br ${label}))))`]
  }

  /** Tested once before the first round and then after each, which costs one branch a round. */
  private loop({ first, test, next, body }: Extract<Statement, { kind: "for" }>): Array<string> {
    const assigned = assignedIn([next, ...body])
    const begun = [...this.block([first]), ...this.forget(assigned)]
    const again = as(this.value(test), "int")
    const label = `$l${this.labels++}`
    // Whole numbers of the next turn are known where what is behind them is written, so they come first.
    const early = this.isSpecial ? [] : this.block([next])
    const inner = [...this.block(body), ...this.forget(assigned)].join("\n")
    const step = this.isSpecial ? [...this.block([next]), ...this.forget([next.name])] : early
    return [
      ...begun,
      `(if ${again} (then (loop ${label}\n${inner}\n${step.join("\n")}\n(br_if ${label} ${again}))))`,
    ]
  }

  /** A loop whose turns are known is as many statements where they are few, and else a loop without a test before it. */
  private knownLoop(statement: Extract<Statement, { kind: "for" }>): Array<string> {
    const { first, body } = statement
    const begun = this.block([first])
    const turns = countOf(statement, this.scope.get(first.name)?.value, (right) => this.value(right).number)
    if (turns === null) {
      const held = this.loop({ ...statement, first: { ...first, value: { kind: "name", name: first.name } } })
      return [...begun, ...held]
    }
    const { start, step, count, isRagged, until } = turns
    const weight = weightOf(body, this.routines)
    const held: Array<string> = []
    const turn = (i: number): void => {
      Object.assign(this.variable(first.name), { value: start + i * step, isPending: true, range: undefined })
      held.push(...this.block(body))
    }
    const { copies } = this
    const few = count === 1 || count * weight <= Math.min(MOST_UNROLLED, MOST_NESTED / copies)
    const whole = few ? 0 : count - (isRagged ? 1 : 0)
    const isShort = weight * TOGETHER <= Math.min(MOST_TOGETHER, MOST_NESTED / copies)
    const together = whole >= 2 * TOGETHER && isShort ? TOGETHER : 1
    const looped = whole - (whole % together)
    if (looped > 0) {
      const assigned = assignedIn(body)
      const label = `$l${this.labels++}`
      const variable = this.variable(first.name)
      Object.assign(variable, { value: start, isPending: true })
      held.push(...this.forget([...assigned, first.name]))
      const inner: Array<string> = []
      const last = start + (looped - 1) * step
      variable.range = [Math.min(start, last), Math.max(start, last)]
      this.copies = copies * together
      for (let i = 0; i < together; i++) {
        variable.plus = i * step
        variable.range = [Math.min(start, last) - i * step, Math.max(start, last) - i * step]
        inner.push(...this.block(body), ...this.forget(assigned))
      }
      delete variable.plus
      const stop = start + looped * step
      const moved = `(local.tee $${variable.local} (i32.add (local.get $${variable.local}) (i32.const ${together * step})))`
      const again = `(br_if ${label} (i32.${step > 0 ? "lt_s" : "gt_s"} ${moved} ${placeText(stop)}))`
      held.push(`(loop ${label}\n${inner.join("\n")}\n${again})`)
      Object.assign(variable, { value: stop, isPending: false, range: undefined })
    }
    this.copies = copies * (count - looped)
    for (let i = looped; i < count; i++) turn(i)
    this.copies = copies
    Object.assign(this.variable(first.name), { value: until, isPending: true, range: undefined })
    return [...begun, ...held]
  }

  protected routine(name: string, given: ReadonlyArray<Typed>): Typed {
    const routine = this.routines.get(name)
    if (routine === undefined) throw new Error(`${name} must be a function`)
    const { parameters, result, body } = routine
    if (parameters.length !== given.length) throw new Error(`${name} takes ${parameters.length}`)
    if (this.isSpecial && body.slice(0, -1).every((one) => !returns(one))) return this.inlined(routine, given)
    const passed = given.map((one, i) => as(one, parameters[i][1]))
    return { type: result, text: `(call $${name} ${passed.join(" ")})` }
  }

  /** The statements of a function in place of its call. */
  private inlined({ name, parameters, body }: Routine, given: ReadonlyArray<Typed>): Typed {
    // A whole vector is left as it is.
    if (name === "within" && (compared(">=", given[2], numeric(16)) ?? 0) === 1) return given[0]
    const outer = this.scope
    const assigned = assignedIn(body)
    const inner: Scope = new Map()
    const lines: Array<string> = []
    parameters.forEach(([parameter, type], i) => {
      const value = given[i]
      const isPlain = !assigned.has(parameter) && /^\(local\.get \$[^ ]+\)$/.test(value.text)
      this.scope = inner
      if (type === "int" && value.number !== undefined) this.fresh(parameter, type, { value: value.number })
      else if (isPlain && value.number === undefined)
        inner.set(parameter, {
          type,
          local: "",
          isPending: false,
          text: value.text,
          ...(value.range === undefined ? {} : { range: value.range }),
          ...(value.plus === undefined ? {} : { plus: value.plus }),
        })
      else
        lines.push(...this.assign(parameter, type === value.type ? value : { type, text: as(value, type) }))
      this.scope = outer
    })
    this.scope = inner
    const held = this.before
    this.before = []
    const last = body.at(-1)
    const isValue = last?.kind === "return" && last.value !== null
    lines.push(...this.block(isValue ? body.slice(0, -1) : body))
    const value: Typed = isValue && last.value !== null ? this.value(last.value) : { type: "none", text: "" }
    this.before = [...held, ...lines, ...this.before]
    this.scope = outer
    return value
  }
}

/** Whether a return is anywhere in it. */
const returns = (statement: Statement): boolean =>
  statement.kind === "return" ||
  (statement.kind === "if" && [...statement.yes, ...statement.no].some(returns)) ||
  ((statement.kind === "for" || statement.kind === "while") && statement.body.some(returns))

/** The range of a value that is assigned. */
const spanOf = ({ range, plus = 0 }: Typed): readonly [number, number] | undefined =>
  range === undefined ? undefined : [range[0] + plus, range[1] + plus]
