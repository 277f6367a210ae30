/** What the owner of a piece declared as functions, called with care: one that throws, or gives something else, is said once. */
import type { Problem } from "../../domain/errors.ts"
import { problem, show } from "../../domain/problems.ts"
import type { Outcome } from "./calls.ts"
import type { Side } from "./Channels.ts"
import { MOST_KEYS } from "./Duels.ts"
import { MOST_COPIED } from "./inputs.ts"
import type { CheckedPiece } from "./pieces.ts"
import { isPromise, silence } from "./promises.ts"
import { MOST_BYTES, MOST_COMPARED, sameAnswers } from "./sameAnswers.ts"

const NO_KEY = "Give a text or a number. Such calls do not duel."

/** What pairs of users have come to. */
export interface PairsOfUsers {
  /** Since the share rose last, and how many it waits for. */
  readonly come: number
  readonly wanted: number
  readonly share: number
  /** Calls without a further one. */
  readonly calls: number
}

/** So many calls for each that would make a pair of users, and no pair came: there are no further users. */
const TOO_MANY_CALLS = 100

/** What a ramp at this share waits for; null where so few calls went by without a pair that one may still come. */
export function usersAwaited(
  { share, come, calls }: Omit<PairsOfUsers, "wanted">,
  pairsPerStep: number,
): PairsOfUsers | null {
  // Were each call another user's, one call in 1 / share would make a pair.
  return share === 0 || calls < TOO_MANY_CALLS / share
    ? null
    : { come, wanted: Math.max(pairsPerStep, come + 1), share, calls }
}

export class Declared {
  /** Wrong declarations that calls have shown, each once. */
  readonly problems: Array<Problem> = []
  private readonly piece: CheckedPiece

  constructor(piece: CheckedPiece) {
    this.piece = piece
  }

  agrees(incumbent: unknown, candidate: unknown): boolean {
    try {
      if (this.piece.agree !== null) return this.saidBy(this.piece.agree(incumbent, candidate))
      const found = sameAnswers(incumbent, candidate)
      if (typeof found === "boolean") return found
      const what =
        found === "large"
          ? `have more than ${MOST_COMPARED} fields or ${MOST_BYTES / 2 ** 20} MiB`
          : `have an object of ${show(found.hiddenIn)}, whose fields cannot be seen`
      return this.say(
        "agree",
        `is left out, and answers ${what}.`,
        "Give an `agree` that compares them. Such calls count as disagreements.",
        false,
      )
    } catch (failure) {
      return this.say("agree", `threw ${show(String(failure))}.`, "Such calls count as disagreements.", false)
    }
  }

  /** What an `agree` said; anything but true and false is no answer. */
  private saidBy(found: unknown): boolean {
    if (typeof found === "boolean") return found
    const gave = isPromise(found) ? "a promise" : show(found)
    if (isPromise(found)) silence(found)
    return this.say(
      "agree",
      `gave ${gave}.`,
      "Give true or false, at once. Such calls count as disagreements.",
      false,
    )
  }

  /** What duels see of a call: one that took longer than the limit has failed. */
  sideOf({ ms, endMs, error, answer }: Outcome, args: ReadonlyArray<unknown>, limitMs: number): Side {
    const cost = error ? Number.NaN : this.costOf(answer, args)
    return { ms, endMs, error: error || ms > limitMs, cost }
  }

  /** What the answer cost; NaN where nobody knows. */
  private costOf(answer: unknown, args: ReadonlyArray<unknown>): number {
    const { cost } = this.piece
    if (cost === null) return Number.NaN
    try {
      const found = cost(answer, ...args)
      if (typeof found === "number" && found > 0 && Number.isFinite(found)) return found
      return this.say("cost", `gave ${show(found)}.`, "Give a number above 0.", Number.NaN)
    } catch (failure) {
      return this.say("cost", `threw ${show(String(failure))}.`, "Give a number above 0.", Number.NaN)
    }
  }

  /** Who calls; null where that is neither a text nor a number, and then the call does not duel. */
  keyOf(args: ReadonlyArray<unknown>): string | null {
    try {
      const found = this.piece.key?.(...args)
      if (typeof found === "string") return found
      if (typeof found === "bigint" || Number.isFinite(found)) return String(found)
      return this.say("key", `gave ${show(found)}.`, NO_KEY, null)
    } catch (failure) {
      return this.say("key", `threw ${show(String(failure))}.`, NO_KEY, null)
    }
  }

  /** The inputs as they may be kept; null where that is not known. */
  redacted(args: ReadonlyArray<unknown>): ReadonlyArray<unknown> | null {
    try {
      const kept = this.piece.record?.redact(args)
      if (Array.isArray(kept)) return kept
      return this.say("record.redact", `gave ${show(kept)}.`, "Give the arguments; nothing was kept.", null)
    } catch (failure) {
      return this.say("record.redact", `threw ${show(String(failure))}.`, "Nothing was kept.", null)
    }
  }

  /** Something that a mirror in a thread would need. */
  cannotBeCopied(what: "inputs" | "answers" | "this"): void {
    this.say(
      what,
      "cannot be copied to the candidate's thread as it is.",
      'Such calls are mirrored in the service\'s own thread. Pass plain data, or give { mirrors: "process" }.',
      null,
    )
  }

  /** An object with a `then` that is no `Promise`: a query that begins when it is awaited, and would begin once more for each look. */
  isThenable(): void {
    this.say(
      "incumbent",
      "answers with an object that has a `then` but is no Promise. It is passed on as a value, and neither awaited nor timed.",
      "Make the incumbent and the candidate async functions that await it.",
      null,
    )
  }

  /** More input than a mirror is given copies of. */
  isTooLarge(): void {
    this.say(
      "inputs.size",
      `have more than ${MOST_COPIED} fields.`,
      "Such calls are not mirrored, and count as `leftOut`. Pass less at once.",
      null,
    )
  }

  /** The loop has no turn to spare for mirrors. */
  isNeverIdle(): void {
    this.say(
      "mirrors",
      "wait: for a second callers came in every turn of the event loop. They begin between callers, with 2 % of its time.",
      "TRAINING and SHADOWING take longer. Give the candidate as a module: a thread of its own mirrors it.",
      null,
    )
  }

  /** More users than are remembered. */
  namesTooMany(): void {
    this.say(
      "key",
      `names more than ${MOST_KEYS} users.`,
      "Calls of further ones do not duel, and count as `turnedAway`. Name groups of users.",
      null,
    )
  }

  /** What calls have shown so far; last, what BLENDING or the probation waits for where no further pair of users comes. */
  problemsNow(pairs: PairsOfUsers | null): ReadonlyArray<Problem> {
    const path = ["host", this.piece.name, "key"]
    // A key that gives none, or too many, was said.
    if (pairs === null || this.problems.some((one) => one.path === path.join("."))) return [...this.problems]
    const { come, wanted, share, calls } = pairs
    const waiting = problem(
      path,
      `names too few users: ${come} of ${wanted} pairs have come at a share of ${round(100 * share)} %, and none in the last ${calls} calls.`,
      `Each pair takes two users who have not dueled yet: about ${Math.ceil(wanted / share)} users for ${wanted} pairs. Leave \`key\` out, raise \`gates.shares\`, or lower \`gates.pairsPerStep\`.`,
    )
    return [...this.problems, waiting]
  }

  private say<T>(field: string, message: string, suggestion: string, instead: T): T {
    const found = problem(["host", this.piece.name, ...field.split(".")], message, suggestion)
    if (!this.problems.some(({ path }) => path === found.path)) this.problems.push(found)
    return instead
  }
}

const round = (share: number): number => Math.round(10 * share) / 10
