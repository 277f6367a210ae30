/**
 * What a person types: a key asks for an action, then a reason is typed, then a yes confirms it. Pure: keys in, what to show and what
 * to do out.
 */
import type { Action } from "../../studio/protocol/actions.ts"
import type { GuardrailPreset } from "../../studio/protocol/protocol.ts"

const KEYS: Readonly<Record<string, Action>> = {
  p: "pause",
  u: "resume",
  t: "trip",
  r: "reset",
  b: "rollback",
  g: "guardrails",
}

/** What is asked after `g`. */
const PRESET_KEYS: Readonly<Record<string, GuardrailPreset>> = {
  c: "conservative",
  b: "balanced",
  a: "aggressive",
}

const HELP = "q quit  p pause  u resume  t trip  r reset  b rollback  g guardrails"
const WATCH_ONLY = "q quit  ← → earlier, later"
const MOST = 200
const ESCAPE = "\u001b"

/** What follows from a key. */
export type Answer =
  | { readonly quit: true }
  | { readonly action: Action; readonly reason: string; readonly preset?: GuardrailPreset }
  | null

export class Prompt {
  /** What the last action came to. */
  message = ""
  private asking: Action | null = null
  private preset: GuardrailPreset | null = null
  private reason = ""
  private confirming = false
  private readonly actions: ReadonlyArray<Action>

  constructor(actions: ReadonlyArray<Action>) {
    this.actions = actions
  }

  get footer(): string {
    if (this.asking === null)
      return [this.message, this.actions.length === 0 ? WATCH_ONLY : HELP].filter(Boolean).join("  |  ")
    if (this.choosing) return "guardrails: c conservative  b balanced  a aggressive  (Esc)"
    const what = [this.asking, this.preset].filter(Boolean).join(" ")
    if (this.confirming) return `${what}: ${this.reason}  Really? y/n`
    return `${what}, because (Enter, Esc): ${this.reason}_`
  }

  key(key: string): Answer {
    // Ctrl-C is what it is everywhere.
    if (key === "\u0003") return { quit: true }
    if (this.asking === null) return this.command(key)
    if (key === ESCAPE || (this.confirming && key !== "y" && key !== "Y")) return this.leave("Not done.")
    if (this.choosing) {
      this.preset = Object.hasOwn(PRESET_KEYS, key) ? PRESET_KEYS[key] : null
      return null
    }
    if (this.confirming) {
      const preset = this.preset === null ? {} : { preset: this.preset }
      const answer = { action: this.asking, reason: this.reason, ...preset }
      this.leave("…")
      return answer
    }
    if (key === "\r" || key === "\n") {
      if (this.reason.trim() === "") return this.leave("Not done: an action needs a reason.")
      this.confirming = true
    } else if (key === "\u007f" || key === "\b") this.reason = Array.from(this.reason).slice(0, -1).join("")
    else if (key >= " " && this.reason.length < MOST) this.reason += key
    return null
  }

  private get choosing(): boolean {
    return this.asking === "guardrails" && this.preset === null
  }

  private command(key: string): Answer {
    if (key === "q") return { quit: true }
    const action = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined
    if (action !== undefined && this.actions.includes(action)) {
      this.asking = action
      this.preset = null
      this.reason = ""
      this.confirming = false
    }
    return null
  }

  private leave(message: string): null {
    this.asking = null
    this.confirming = false
    this.message = message
    return null
  }
}
