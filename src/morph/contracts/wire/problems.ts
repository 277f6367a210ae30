/**
 * What is wrong with a message, field by field. The same rules hold for what a program wants to write, where they become a `GrowthError`,
 * and for what came from elsewhere, where they become a refusal.
 */
import { closest } from "../../../domain/closest.ts"
import type { Problem } from "../../../domain/errors.ts"
import { DIGEST_BYTES, MOST_FIELDS, MOST_NAME_BYTES } from "../limits.ts"
import type { Command, Messages, ParameterBounds, StatePacket, UnknownField } from "../messages.ts"
import { utf8Bytes } from "../utf8Bytes.ts"
import type { Plain } from "./convert.ts"
import type { FieldPlan, MessagePlan } from "./plan.ts"

const BODIES = ["graft", "optimiser", "breaker", "rollback"] as const

const shown = (value: unknown): string =>
  typeof value === "string"
    ? JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)
    : typeof value === "object" && value !== null
      ? Array.isArray(value)
        ? "a list"
        : "an object"
      : String(value)

const isRecord = (value: unknown): value is Plain =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)

const LONE_SURROGATE = /\p{Surrogate}/u

function textProblem(value: unknown, most: number): string | null {
  if (typeof value !== "string") return `must be a text, not ${shown(value)}.`
  if (value.length * 3 <= most && !LONE_SURROGATE.test(value)) return null
  if (LONE_SURROGATE.test(value)) return "has half of a surrogate pair, which UTF-8 cannot hold."
  const bytes = utf8Bytes(value)
  return bytes > most ? `has ${bytes} bytes, at most ${most} are allowed.` : null
}

const wholeProblem = (value: unknown, most: number): string | null =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= most
    ? null
    : `must be a whole number from 0 to ${most}, not ${shown(value)}.`

/** What is wrong with a single value that is no message. */
function valueProblem(value: unknown, field: FieldPlan): string | null {
  switch (field.kind) {
    case "count":
      return wholeProblem(value, 2 ** 32 - 1)
    case "id":
      return wholeProblem(value, Number.MAX_SAFE_INTEGER)
    case "double":
      if (typeof value !== "number") return `must be a number, not ${shown(value)}.`
      return field.finite && !Number.isFinite(value) ? `must be finite, not ${value}.` : null
    case "flag":
      return typeof value === "boolean" ? null : `must be true or false, not ${shown(value)}.`
    case "text":
      return textProblem(value, field.most)
    case "bytes":
      if (!(value instanceof Uint8Array)) return `must be a Uint8Array, not ${shown(value)}.`
      return field.most === DIGEST_BYTES && value.length !== DIGEST_BYTES
        ? `has ${value.length} bytes, ${DIGEST_BYTES} are needed.`
        : null
    default:
      return field.names.includes(value as string)
        ? null
        : `must be one of ${field.names.join(", ")}, not ${shown(value)}.`
  }
}

class Finder {
  readonly problems: Array<Problem> = []
  /** Fields, counted as a reader counts them: the version is one, and is not given. */
  seen = 1

  add(path: string, message: string, suggestion?: string): void {
    this.problems.push(suggestion === undefined ? { path, message } : { path, message, suggestion })
  }

  value(value: unknown, field: FieldPlan, path: string): void {
    this.seen++
    if (field.child !== null) {
      this.message(value, field.child, path)
      return
    }
    const problem = valueProblem(value, field)
    if (problem !== null) this.add(path, problem)
  }

  unknown(value: unknown, path: string): void {
    const isField = (one: unknown): one is UnknownField =>
      isRecord(one) &&
      wholeProblem(one["no"], 536_870_911) === null &&
      [0, 1, 2, 5].includes(one["wireType"] as number) &&
      one["data"] instanceof Uint8Array
    if (Array.isArray(value)) this.seen += value.length
    if (!Array.isArray(value) || !value.every(isField))
      this.add(path, "must be what decode() put there.", "Leave it out.")
  }

  message(value: unknown, plan: MessagePlan, path: string): void {
    if (!isRecord(value)) {
      this.add(path, `must be an object, not ${shown(value)}.`)
      return
    }
    const at = path === "" ? "" : `${path}.`
    for (const field of plan.fields) {
      const { name, shape, kind, oneof } = field
      const given = value[name]
      if (
        name === "version" ||
        (given === undefined && (kind === "message" || oneof !== "") && shape === "one")
      )
        continue
      if (given === undefined) this.add(`${at}${name}`, "is missing.")
      else if (shape === "one") this.value(given, field, `${at}${name}`)
      else if (shape === "list" && Array.isArray(given))
        given.forEach((one, index) => this.value(one, field, `${at}${name}[${index}]`))
      else if (shape === "map" && isRecord(given)) this.map(given, field, `${at}${name}`)
      else
        this.add(`${at}${name}`, `must be ${shape === "list" ? "a list" : "an object"}, not ${shown(given)}.`)
    }
    for (const name of Object.keys(value))
      if (name === "unknown") this.unknown(value[name], `${at}unknown`)
      else if (name === "version" || !plan.byName.has(name)) {
        const near = closest(name, [...plan.byName.keys()])
        this.add(
          `${at}${name}`,
          "is not a field of this message.",
          near === null ? undefined : `Did you mean ${near}?`,
        )
      }
    if (plan.headed) this.head(value)
  }

  map(given: Plain, field: FieldPlan, path: string): void {
    for (const key of Object.keys(given)) {
      const problem = textProblem(key, MOST_NAME_BYTES)
      if (problem !== null) this.add(`${path}[${shown(key)}]`, `as a key ${problem}`)
      this.value(given[key], field, `${path}[${shown(key)}]`)
    }
  }

  /** Without them no receiver can tell a copy. */
  head(value: Plain): void {
    if (value["id"] === 0) this.add("id", "must be at least 1.")
    if (value["issuer"] === "") this.add("issuer", "must not be empty.")
  }
}

const risky = (risk: number, path: string, found: Finder): void => {
  if (!(risk >= 0 && risk <= 1)) found.add(path, `must be from 0 to 1, not ${risk}.`)
}

function blueprintProblems(
  {
    risk,
    parameters,
  }: { readonly risk: number; readonly parameters: Readonly<Record<string, ParameterBounds>> },
  path: string,
  found: Finder,
): void {
  risky(risk, `${path}risk`, found)
  for (const [key, { least, most }] of Object.entries(parameters))
    if (least > most) found.add(`${path}parameters[${shown(key)}]`, `has least ${least} above most ${most}.`)
}

/** What concerns several fields at once. Asked only of messages whose fields are right. */
const TOGETHER: { readonly [name in keyof Messages]?: (message: Messages[name], found: Finder) => void } = {
  statePacket: ({ part, parts, grafts, id }: StatePacket, found) => {
    if (part >= parts) found.add("part", `must be below parts, which is ${parts}, not ${part}.`)
    if (id <= part) found.add("id", `must be above part, because part 0 has the id ${id - part}.`)
    if (grafts.length > 1)
      found.add("grafts", `has ${grafts.length} grafts, a packet has one at most.`, "Use splitPacket.")
  },
  command: (command: Command, found) => {
    for (const body of BODIES) {
      const expected = command.type === body
      // A later version may have given a body to what is unknown here.
      if ((command[body] !== undefined) !== expected && command.type !== "unknown")
        found.add(
          body,
          expected
            ? `is missing, and the type is ${body}.`
            : `must not be there: the type is ${command.type}.`,
        )
    }
  },
  blueprintDescriptor: (blueprint, found) => blueprintProblems(blueprint, "", found),
  catalogUpdate: ({ blueprints }, found) =>
    blueprints.forEach((one, index) => blueprintProblems(one, `blueprints[${index}].`, found)),
}

/** Empty where the message can be written. */
export function problemsOf(name: keyof Messages, plan: MessagePlan, value: unknown): ReadonlyArray<Problem> {
  const found = new Finder()
  found.message(value, plan, "")
  if (found.seen > MOST_FIELDS)
    found.add(
      "",
      `has ${found.seen} fields, at most ${MOST_FIELDS} are allowed.`,
      "Send less, or in several messages.",
    )
  if (found.problems.length === 0) {
    const together = TOGETHER[name] as ((message: unknown, found: Finder) => void) | undefined
    together?.(value, found)
  }
  return found.problems.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0))
}
