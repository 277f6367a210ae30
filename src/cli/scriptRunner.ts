/**
 * Runs the user's script once per evaluation: parameters as environment variables and as JSON on its input, the result
 * from its output. Every run is a process group of its own, so that a timeout or Ctrl-C ends it with everything it
 * started, and what it leaves behind when it ends goes with it. A watcher ends them where this process is killed itself.
 */
import { type ChildProcess, spawn } from "node:child_process"
import type { Params } from "../solver/SearchSpace.ts"
import { GroupWatch } from "./GroupWatch.ts"
import { GRACE_MS, killGroup } from "./processGroup.ts"
import { OutputTail, type ScriptRefusal, type ScriptValue, TextTail } from "./scriptResult.ts"

/** How long output may still come after the script itself has ended, from what it left running, ms. */
const LINGER_MS = 250
const STDERR_LINES = 5

/** What to start: a file directly, anything else through the shell. */
export interface ScriptCommand {
  readonly command: string
  readonly shell: boolean
}

export interface ScriptOptions {
  readonly script: ScriptCommand
  /** Longest one attempt may take, ms; null: as long as it likes. */
  readonly timeoutMs: number | null
  /** Further attempts after one that failed. */
  readonly retries: number
  /** The seed of the run. */
  readonly seed: number
}

export type Outcome =
  | (ScriptValue & { readonly attempts: number })
  | {
      readonly kind: "failed"
      /** What happened, in one sentence, with the last lines of stderr. */
      readonly reason: string
      readonly attempts: number
    }
  /** Ended by `stop`: it says nothing about the point. */
  | { readonly kind: "stopped" }
  /** The script could not be started: that says nothing about the point either, and the next one will fare no better. */
  | { readonly kind: "unstartable"; readonly reason: string }

type Attempt =
  | ScriptValue
  | ScriptRefusal
  | { readonly kind: "stopped" }
  | { readonly kind: "unstartable"; readonly reason: string }
  | { readonly kind: "crashed"; readonly reason: string }

export class ScriptRunner {
  private readonly options: ScriptOptions
  private readonly children = new Set<ChildProcess>()
  private readonly watch = new GroupWatch()
  private stopping = false

  constructor(options: ScriptOptions) {
    this.options = options
  }

  /** Evaluates one trial. Never rejects. */
  async evaluate(id: number, params: Params): Promise<Outcome> {
    for (let attempts = 1; ; attempts++) {
      const attempt = await this.attempt(id, params)
      if (attempt.kind === "value") return { ...attempt, attempts }
      if (this.stopping || attempt.kind === "stopped") return { kind: "stopped" }
      if (attempt.kind === "unstartable") return attempt
      // A script that says itself that a point has no value has done its work: it would only say so again.
      if (attempt.kind === "failed" || attempts > this.options.retries) {
        const times = attempts === 1 ? "" : ` (${attempts} attempts)`
        return { kind: "failed", reason: `${attempt.reason}${times}`, attempts }
      }
    }
  }

  /** Ends everything that runs; `force` does not wait for it to end by itself. */
  stop(force = false): void {
    this.stopping = true
    for (const child of this.children) endGroup(child, force)
  }

  private attempt(id: number, params: Params): Promise<Attempt> {
    const { script, timeoutMs } = this.options
    return new Promise((resolve) => {
      if (this.stopping) return resolve({ kind: "stopped" })
      let child: ChildProcess
      try {
        child = spawn(script.command, {
          shell: script.shell,
          detached: true,
          stdio: ["pipe", "pipe", "pipe"],
          env: { ...process.env, ...this.watch.environment, ...environmentOf(id, params, this.options.seed) },
        })
      } catch (cause) {
        return resolve({
          kind: "unstartable",
          reason: String(cause instanceof Error ? cause.message : cause),
        })
      }
      if (child.pid !== undefined) this.watch.begun(child.pid)
      this.children.add(child)
      const output = new OutputTail()
      const errors = new TextTail()
      let timedOut = false
      let deadline: NodeJS.Timeout | undefined
      const settle = (attempt: Attempt): void => {
        clearTimeout(deadline)
        this.children.delete(child)
        resolve(attempt)
      }
      if (timeoutMs !== null)
        deadline = setTimeout(() => {
          timedOut = true
          endGroup(child, false)
        }, timeoutMs)
      child.stdout?.on("data", (chunk: Buffer) => output.push(chunk))
      child.stderr?.on("data", (chunk: Buffer) => errors.push(chunk))
      // A script need not read its input.
      child.stdin?.on("error", () => {})
      child.stdin?.end(`${JSON.stringify(params)}\n`)
      child.once("error", (cause: NodeJS.ErrnoException) => {
        if (child.pid === undefined) settle({ kind: "unstartable", reason: startTrouble(script, cause) })
      })
      child.once("exit", () => {
        // What the script started and left behind may hold the pipes open for ever.
        const linger = setTimeout(() => {
          child.stdout?.destroy()
          child.stderr?.destroy()
        }, LINGER_MS)
        child.once("close", () => clearTimeout(linger))
      })
      child.once("close", (code: number | null, signal: NodeJS.Signals | null) => {
        if (child.pid === undefined) return
        killGroup(child.pid, "SIGKILL")
        this.watch.ended(child.pid)
        const crashed = (what: string): Attempt => ({ kind: "crashed", reason: withErrors(what, errors) })
        if (timedOut)
          return settle(crashed(`took longer than ${durationText(timeoutMs ?? 0)} and was stopped`))
        if (this.stopping) return settle({ kind: "stopped" })
        if (signal !== null) return settle(crashed(`ended by ${signal}`))
        // The shell found nothing to run: that is no answer of the script about this point.
        if (script.shell && (code === 126 || code === 127))
          return settle({
            kind: "unstartable",
            reason: withErrors(`${script.command} cannot be run`, errors),
          })
        if (code !== 0) return settle(crashed(`exit code ${code}`))
        const answer = output.end()
        settle(answer.kind === "value" ? answer : { ...answer, reason: withErrors(answer.reason, errors) })
      })
    })
  }
}

/** The variables a script gets. What cannot be a variable's name is on its input only. */
function environmentOf(id: number, params: Params, seed: number): Record<string, string> {
  const variables: Record<string, string> = { ARQON_EVAL_ID: String(id), ARQON_SEED: String(seed) }
  for (const [name, value] of Object.entries(params))
    if (isVariable(name)) variables[`ARQON_${name}`] = String(value)
  return variables
}

/** What the system can hold as a name at all; a shell can read fewer still. */
export const isVariable = (name: string): boolean => !/[=\0]/.test(name)

/** What every shell can read as `$ARQON_name`. */
export const isShellName = (name: string): boolean => /^\w+$/.test(name)

/** Names that stand for something else already. */
export const isTakenName = (name: string): boolean => name === "EVAL_ID" || name === "SEED"

function endGroup(child: ChildProcess, force: boolean): void {
  const { pid } = child
  if (pid === undefined) return
  killGroup(pid, force ? "SIGKILL" : "SIGTERM")
  if (force) return
  const last = setTimeout(() => killGroup(pid, "SIGKILL"), GRACE_MS)
  last.unref()
  child.once("close", () => clearTimeout(last))
}

function startTrouble(script: ScriptCommand, cause: NodeJS.ErrnoException): string {
  switch (cause.code) {
    case "ENOENT":
      return `${script.command} does not exist, or the program in its first line (#!) does not.`
    case "EACCES":
      return `${script.command} may not be run. Make it executable: chmod +x ${script.command}`
    case "ENOEXEC":
      return `${script.command} is not a program. Its first line must name what runs it, for example #!/bin/sh.`
    default:
      return `${script.command} could not be started: ${cause.message}.`
  }
}

function withErrors(what: string, errors: TextTail): string {
  const lines = errors.lines(STDERR_LINES)
  return lines.length === 0 ? what : `${what}; stderr: ${lines.join(" | ")}`
}

/** "500ms", "30s", "5m", "2h"; a bare number is seconds. In ms. Throws on anything else. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h)?$/.exec(text.trim())
  const ms = match === null ? Number.NaN : Number(match[1]) * UNITS_MS[match[2] ?? "s"]
  if (!(ms >= 1 && ms <= LONGEST_TIMEOUT_MS))
    throw new Error("a time such as 500ms, 30s, 5m or 2h, at most 24 days")
  return ms
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }
/** What a timer can hold: 2^31 - 1 ms. */
const LONGEST_TIMEOUT_MS = 2_147_483_647

/** A time for people: 850 ms, 12.3 s, 4 m 05 s, 2 h 07 m. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(1))} s`
  const seconds = Math.round(ms / 1000)
  const two = (n: number): string => String(n).padStart(2, "0")
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${two(seconds % 60)} s`
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} m`
}
