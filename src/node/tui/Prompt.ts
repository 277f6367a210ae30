/**
 * What a person types: a key asks for an action, then a reason is typed, then a yes confirms it. Pure: keys in, what to show and what
 * to do out.
 */
import type { Action } from "../studio/protocol.ts"

const KEYS: Readonly<Record<string, Action>> = {
  p: "pause",
  u: "resume",
  t: "trip",
  r: "reset",
  b: "rollback",
}

const HELP = "q quit  p pause  u resume  t trip  r reset  b rollback"
const WATCH_ONLY = "q quit  ← → earlier, later"
const MOST = 200
const ESCAPE = "\u001b"

/** What follows from a key. */
export type Answer = { readonly quit: true } | { readonly action: Action; readonly reason: string } | null

export class Prompt {
  /** What the last action came to. */
  told = ""
  private asking: Action | null = null
  private reason = ""
  private confirming = false
  private readonly actions: ReadonlyArray<Action>

  constructor(actions: ReadonlyArray<Action>) {
    this.actions = actions
  }

  get footer(): string {
    if (this.asking === null)
      return [this.told, this.actions.length === 0 ? WATCH_ONLY : HELP].filter(Boolean).join("  |  ")
    if (this.confirming) return `${this.asking}: ${this.reason}  Really? y/n`
    return `${this.asking}, because (Enter, Esc): ${this.reason}_`
  }

  key(key: string): Answer {
    // Ctrl-C is what it is everywhere.
    if (key === "\u0003") return { quit: true }
    if (this.asking === null) return this.command(key)
    if (key === ESCAPE || (this.confirming && key !== "y" && key !== "Y")) return this.leave("Not done.")
    if (this.confirming) {
      const answer = { action: this.asking, reason: this.reason }
      this.leave("…")
      return answer
    }
    if (key === "\r" || key === "\n") {
      if (this.reason.trim() === "") return this.leave("Not done: an action wants a reason.")
      this.confirming = true
    } else if (key === "\u007f" || key === "\b") this.reason = Array.from(this.reason).slice(0, -1).join("")
    else if (key >= " " && this.reason.length < MOST) this.reason += key
    return null
  }

  private command(key: string): Answer {
    if (key === "q") return { quit: true }
    const action = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined
    if (action !== undefined && this.actions.includes(action)) {
      this.asking = action
      this.reason = ""
      this.confirming = false
    }
    return null
  }

  private leave(told: string): null {
    this.asking = null
    this.confirming = false
    this.told = told
    return null
  }
}
