/**
 * Carries out on a growing host what signed commands from other processes ask of it. Every message gets a receipt: done, or refused with
 * its reason, and the caller's audit has each of them. A command is a request, like a person's: gates decide what becomes of it.
 */
import { GrowthError } from "../../../domain/GrowthError.ts"
import { problem } from "../../../domain/problems.ts"
import type { Problem } from "../../../domain/Problem.ts"
import { type RefusalReason, REFUSALS } from "../limits.ts"
import type { Command, GraftCommand } from "../messages.ts"
import type { Hmac } from "../signature.ts"
import { createOpenerOn, type OpenerOptions } from "./envelopes.ts"

/** Why a command is refused: as any message, or by what it asks for. */
export const COMMAND_REFUSALS = [
  ...REFUSALS,
  /** A right message that is no command. */
  "notCommand",
  /** For another run. */
  "otherRun",
  /** After its deadline. */
  "late",
  /** The graft that it is for is gone, or was never there. */
  "gone",
  /** No command that this host takes from outside. */
  "notOffered",
  /** By the host itself, as it would refuse a person. */
  "refused",
] as const
/** One of the reasons to refuse a command. */
export type CommandRefusal = (typeof COMMAND_REFUSALS)[number]

/** What became of a message. */
export type Receipt =
  | { readonly ok: true; readonly command: Command }
  | {
      readonly ok: false
      readonly reason: CommandRefusal
      /** What is wrong, in a sentence. */
      readonly message: string
      /** Null where nothing that can be trusted was read. */
      readonly command: Command | null
    }

interface Why {
  readonly why: string
}

/** What a command needs of a growing host. A `Growth` has all of it. */
export interface Commanded {
  parts(): ReadonlyArray<{ readonly socket: { readonly name: string; readonly graft: string | null } | null }>
  germinate(
    socket: string,
    request: Why & {
      readonly blueprint: string
      readonly parameters: Readonly<Record<string, number>>
      readonly by: string
    },
  ): Promise<void>
  cull(socket: string, because: Why & { readonly graft: string }): Promise<void>
  fossilize(socket: string, because: Why & { readonly graft: string }): Promise<void>
  adjust(change: Why & Readonly<Record<string, unknown>>): Promise<void>
  rollback(because: Why): Promise<number>
  pause(because: Why): Promise<void>
}

/** Whose commands are taken, for which host, and who writes down what became of them. */
export interface ReceiverOptions extends OpenerOptions {
  readonly growth: Commanded
  /** Commands for another run are refused. */
  readonly run: string
  /** Gets the receipt of every message, before `receive` resolves. What it throws rejects the call. */
  readonly audit: (receipt: Receipt) => void
}

/** Takes commands. */
export interface Receiver {
  /** Resolves when the command was carried out or refused. Rejects only with what is no refusal. */
  receive(bytes: Uint8Array, nowMs: number): Promise<Receipt>
}

/** Makes a receiver; throws `GrowthError`. */
export type CreateReceiver = (options: ReceiverOptions) => Receiver

type Refusing = readonly [reason: CommandRefusal, message: string]
type Carry = () => Promise<unknown>

const isRefusing = (found: Carry | Refusing): found is Refusing => Array.isArray(found)

export const createReceiverOn =
  (platform: Hmac | undefined): CreateReceiver =>
  (options) => {
    const { growth, run, audit } = options
    const problems = problemsOf(options)
    if (problems.length > 0) throw new GrowthError({ problems })
    const opener = createOpenerOn(platform)(options)

    const answer = async (bytes: Uint8Array, nowMs: number): Promise<Receipt> => {
      const opened = opener.open(bytes, nowMs)
      if (!opened.ok) return refusal(opened.reason, opened.message, null)
      if (opened.type !== "command")
        return refusal("notCommand", `A ${opened.type} asks for nothing. Send a command.`, null)
      const { message: command } = opened
      const found = untimely(command, run, nowMs) ?? carry(growth, command)
      if (isRefusing(found)) return refusal(...found, command)
      try {
        await found()
        return { ok: true, command }
      } catch (error) {
        if (!(error instanceof GrowthError)) throw error
        return refusal("refused", error.message, command)
      }
    }

    return {
      receive: async (bytes, nowMs) => {
        const receipt = await answer(bytes, nowMs)
        audit(receipt)
        return receipt
      },
    }
  }

const refusal = (
  reason: CommandRefusal | RefusalReason,
  message: string,
  command: Command | null,
): Receipt => ({
  ok: false,
  reason,
  message,
  command,
})

const CALLS = ["parts", "germinate", "cull", "fossilize", "adjust", "rollback", "pause"] as const

function problemsOf({ growth, run, audit }: ReceiverOptions): ReadonlyArray<Problem> {
  const lacking = CALLS.filter((name) => typeof growth?.[name] !== "function")
  return [
    ...lacking.map((name) =>
      problem(["growth", name], "must be a function.", "Give what createGrowth() returns."),
    ),
    ...(typeof run === "string" && run !== "" ? [] : [problem(["run"], "is missing.", "Name the run.")]),
    ...(typeof audit === "function"
      ? []
      : [problem(["audit"], "must be a function.", "Write each receipt down.")]),
  ]
}

/** Why a command that can be trusted is not carried out here and now; null where it is. */
function untimely(command: Command, run: string, nowMs: number): Refusing | null {
  const { issuedAtMs, deadlineMs } = command
  if (command.run !== run) return ["otherRun", `It is for the run ${command.run}, and this is ${run}.`]
  const lateMs = nowMs - issuedAtMs - deadlineMs
  return lateMs > 0 ? ["late", `It came ${lateMs} ms after its deadline of ${deadlineMs} ms.`] : null
}

/** What a command comes to on this host. */
function carry(growth: Commanded, command: Command): Carry | Refusing {
  const { type, id, issuer } = command
  if (command.why.trim() === "") return ["refused", "why: is missing. Say why."]
  const why = `${command.why} (command ${id} of ${issuer})`
  switch (type) {
    case "graft":
      return carryToGraft(growth, command, command.graft, why)
    case "optimiser":
      return () => growth.adjust({ ...command.optimiser.parameters, why })
    case "pause":
      return () => growth.pause({ why })
    case "rollback": {
      const { epoch, full } = command.rollback
      if (epoch !== 0 || full)
        return [
          "notOffered",
          "A rollback from outside goes to the last good boundary. Send epoch 0, and not full.",
        ]
      return () => growth.rollback({ why })
    }
    default:
      return [
        "notOffered",
        `A command of type ${type} is not offered. Send graft, optimiser, pause or rollback.`,
      ]
  }
}

function carryToGraft(
  growth: Commanded,
  { target, issuer: by }: Command,
  { operation, socket, blueprint, parameters }: GraftCommand,
  why: string,
): Carry | Refusing {
  if (operation === "germinate") return () => growth.germinate(socket, { blueprint, parameters, why, by })
  if (operation !== "cull" && operation !== "fossilize")
    return ["notOffered", `${operation} is not offered: gates decide it. Send germinate, cull or fossilize.`]
  const graft = `g${target}`
  const at = growth.parts().find((part) => part.socket?.graft === graft)?.socket
  if (at === undefined || at === null) return ["gone", `The graft ${target} is gone, or was never there.`]
  // The host looks again: another graft may be there by then.
  return () => growth[operation](at.name, { graft, why })
}
