/**
 * The command as a user has it: a real process, real files, real signals. Processes are started from the source, which
 * Node runs as it is; that the built command is the same is what `built.test.ts` is for.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, resolve } from "node:path"
import { afterEach, beforeEach } from "vitest"

const MAIN = resolve(import.meta.dirname, "../../src/cli/main.ts")

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcess
  /** Resolves when what came on stderr so far matches, with the match; rejects when the process ends without. */
  readonly seen: (pattern: RegExp) => Promise<RegExpExecArray>
  readonly ended: Promise<Ended>
}

/** A folder of its own for each test, and the command run in it. */
export class Desk {
  folder = ""
  private readonly running = new Set<ChildProcess>()

  path(name: string): string {
    return join(this.folder, name)
  }

  write(name: string, content: string | object): string {
    writeFileSync(this.path(name), typeof content === "string" ? content : JSON.stringify(content))
    return name
  }

  /** An executable shell script. */
  script(name: string, ...lines: ReadonlyArray<string>): string {
    return this.program(name, "/bin/sh", ...lines)
  }

  /** An executable file for any interpreter. */
  program(name: string, interpreter: string, ...lines: ReadonlyArray<string>): string {
    this.write(name, [`#!${interpreter}`, ...lines, ""].join("\n"))
    chmodSync(this.path(name), 0o755)
    return `./${name}`
  }

  read(name: string): string {
    return readFileSync(this.path(name), "utf8")
  }

  json(name: string): Document {
    return JSON.parse(this.read(name)) as Document
  }

  start(args: ReadonlyArray<string>, input: string | null = ""): Running {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: this.folder,
      env: { ...process.env, NO_COLOR: "1" },
    })
    this.running.add(child)
    let stdout = ""
    let stderr = ""
    const waiting = new Set<() => void>()
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text
      for (const look of waiting) look()
    })
    child.stdin.on("error", () => {})
    if (input !== null) child.stdin.end(input)
    const ended = new Promise<Ended>((resolveEnd) => {
      child.once("close", (code, signal) => {
        this.running.delete(child)
        resolveEnd({ code, signal, stdout, stderr })
      })
    })
    const seen = (pattern: RegExp): Promise<RegExpExecArray> =>
      new Promise((found, lost) => {
        const look = (): void => {
          const match = pattern.exec(stderr)
          if (match === null) return
          waiting.delete(look)
          found(match)
        }
        waiting.add(look)
        void ended.then(() => lost(new Error(`ended without ${String(pattern)}:\n${stderr}`)))
        look()
      })
    return { child, seen, ended }
  }

  run(...args: ReadonlyArray<string>): Promise<Ended> {
    return this.start(args).ended
  }

  runWith(input: string, ...args: ReadonlyArray<string>): Promise<Ended> {
    return this.start(args, input).ended
  }

  open(): void {
    this.folder = mkdtempSync(join(tmpdir(), "arqon-cli-"))
  }

  close(): void {
    for (const child of this.running) child.kill("SIGKILL")
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** What tests look at in states and artifacts. */
export interface Document {
  readonly run_id: string
  readonly config: { readonly budget: number }
  readonly history: ReadonlyArray<{
    readonly eval_id: number | null
    readonly params: Readonly<Record<string, number>>
    readonly value: number | null
    readonly cost: number
    readonly phase: string
    readonly status: string
    readonly error?: string
  }>
  readonly pending: ReadonlyArray<{
    readonly eval_id: number
    readonly params: Readonly<Record<string, number>>
  }>
}

/** Whether a process does something: one that has ended, and whose parent has not asked how, does not. */
export function isRunning(pid: number): boolean {
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" })
  return stdout.trim() !== "" && !stdout.startsWith("Z")
}

export function useDesk(): Desk {
  const desk = new Desk()
  beforeEach(() => desk.open())
  afterEach(() => desk.close())
  return desk
}
