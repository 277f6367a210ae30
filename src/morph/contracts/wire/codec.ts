/**
 * Messages to bytes and back. What is wrong with a message that is to be written throws a `GrowthError` with every problem; bytes come
 * from elsewhere, so what is wrong with them is an answer: a refusal with its reason. Decoding never throws, whatever the bytes.
 */
import { fromBinary, toBinary, type DescMessage, type Message } from "@bufbuild/protobuf"
import { GrowthError } from "../../../domain/GrowthError.ts"
import { MOST_BYTES, refused, type Refused } from "../limits.ts"
import { CONTRACT_VERSION, type Messages } from "../messages.ts"
import { fromWire, toWire, type Plain } from "./convert.ts"
import { PLANS, SCHEMAS } from "./plan.ts"
import { problemsOf } from "./problems.ts"
import { Malformed, scan } from "./scan.ts"

/** A message, or why there is none. */
export type Decoded<T> = { readonly ok: true; readonly message: T } | Refused

/** The bytes of a message, by the name of its type. Throws `GrowthError`. */
export function encode<N extends keyof Messages>(name: N, message: Messages[N]): Uint8Array {
  const plan = PLANS[name]
  const problems = problemsOf(name, plan, message)
  if (problems.length > 0) throw new GrowthError({ problems })
  const schema: DescMessage = SCHEMAS[name]
  const wire = toWire(plan, message as unknown as Plain, CONTRACT_VERSION)
  const bytes = toBinary(schema, wire as unknown as Message)
  const most = MOST_BYTES[name]
  if (bytes.length > most)
    throw new GrowthError({
      problems: [
        {
          path: "",
          message: `a ${name} takes ${bytes.length} bytes, at most ${most} are allowed.`,
          suggestion: name === "statePacket" ? "Use splitPacket." : "Send less, or in several messages.",
        },
      ],
    })
  return bytes
}

/** The version that the bytes begin with, where they do: writers put it first. A later one may mean something else by what follows. */
const saysVersion = (bytes: Uint8Array): number =>
  bytes[0] === 8 && bytes[1] < 128 ? bytes[1] : CONTRACT_VERSION

const wrongVersion = (name: keyof Messages, version: unknown): Refused =>
  refused("wrongVersion", `The ${name} is of version ${String(version)}, this is ${CONTRACT_VERSION}.`)

/** What protobuf-es reads in `bytes`, with the entries of all maps, once they are found to be built right. */
function read(name: keyof Messages, bytes: Uint8Array): Decoded<{ entries: number; wire: Plain }> {
  const plan = PLANS[name]
  try {
    const entries = scan(plan, bytes)
    const wire: object = fromBinary(SCHEMAS[name], bytes)
    return { ok: true, message: { entries, wire: wire as Plain } }
  } catch (error) {
    if (error instanceof Malformed) return refused("malformed", `${error.message}.`)
    // What the scan leaves for protobuf-es to find: text, of which TextDecoder says so with this type.
    if (error instanceof TypeError)
      return refused("malformed", `${plan.typeName} has text that is not UTF-8.`)
    return refused("malformed", `${plan.typeName} cannot be read: ${String(error)}.`)
  }
}

/** The message in `bytes`, or why they hold none: `tooLarge`, `malformed` or `wrongVersion`. Keeps nothing of `bytes`. */
export function decode<N extends keyof Messages>(name: N, bytes: Uint8Array): Decoded<Messages[N]> {
  const most = MOST_BYTES[name]
  if (bytes.length > most)
    return refused("tooLarge", `A ${name} of ${bytes.length} bytes; at most ${most} are allowed.`)
  const plan = PLANS[name]
  const versioned = plan.byName.has("version")
  if (versioned && saysVersion(bytes) !== CONTRACT_VERSION) return wrongVersion(name, saysVersion(bytes))
  // A copy: protobuf-es gives views of what it reads, and shared memory could change between two looks.
  const found = read(name, Uint8Array.from(bytes))
  if (!found.ok) return found
  const { entries, wire } = found.message
  if (versioned && wire["version"] !== CONTRACT_VERSION) return wrongVersion(name, wire["version"])
  const counted = { entries: 0 }
  const message = fromWire(plan, wire, counted)
  if (counted.entries !== entries) return refused("malformed", `${plan.typeName} has a key twice.`)
  const [problem] = problemsOf(name, plan, message)
  if (problem !== undefined)
    return refused("malformed", `The ${name} is not valid: ${`${problem.path} ${problem.message}`.trim()}`)
  return { ok: true, message: message as unknown as Messages[N] }
}
