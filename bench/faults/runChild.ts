/** Starts a process of the fault suite, listens to what it says, and does to it from outside what its fault asks for. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import type { Acknowledgement, Job, Said } from "./Job.ts"

/** What was heard of a process, and how it ended. */
export interface ChildReport {
  readonly run: string | null
  readonly saidRunning: Extract<Said, { say: "running" }> | null
  /** What it acknowledged, the last one last. */
  readonly acknowledgements: ReadonlyArray<Acknowledgement>
  readonly acknowledged: number
  /** Milliseconds from the end of the fault until it adapted again; null: it did not, or was not asked. */
  readonly wellAfterMs: number | null
  readonly saidWell: Extract<Said, { say: "well" }> | null
  readonly stopped: Extract<Said, { say: "stopped" }> | null
  readonly refused: string | null
  readonly signal: NodeJS.Signals | null
  readonly stderr: string
}

/** A process that is there, as far as one may meddle with it. */
export interface Handle {
  readonly kill: (signal: NodeJS.Signals) => void
}

export interface Meddling {
  /** Called at the start, before anything was said. */
  readonly begun?: (child: Handle) => void
  readonly said?: (said: Said, child: Handle) => void
}

const SCRIPT = join(import.meta.dirname, "child.ts")
/** Compiled once for all processes: half of what a short one takes is compiling. */
const COMPILED = join(tmpdir(), "arqon-faults-compiled")
/** A process that takes longer is killed: that is a finding. */
const PATIENCE_MS = 90_000

/** @param before what stands before the command, as where it runs in a container of its own */
export async function runChild(
  job: Job,
  meddling: Meddling = {},
  before: ReadonlyArray<string> = [],
): Promise<ChildReport> {
  const node = [process.execPath, "--disable-warning=ExperimentalWarning", SCRIPT, JSON.stringify(job)]
  const [command, ...words] = [...before, ...node]
  const child = spawn(command, words, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILED },
  })
  const handle: Handle = { kill: (signal) => void child.kill(signal) }
  const patience = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS)
  let stderr = ""
  child.stderr.on("data", (bytes: Buffer) => (stderr += bytes.toString()))
  const exit = once(child, "exit")
  const all: Array<Said> = []
  meddling.begun?.(handle)
  for await (const line of createInterface({ input: child.stdout })) {
    const said = parsed(line)
    if (said === null) continue
    all.push(said)
    meddling.said?.(said, handle)
  }
  await exit
  clearTimeout(patience)
  const find = <S extends Said["say"]>(say: S): Extract<Said, { say: S }> | null =>
    (all.findLast((said) => said.say === say) as Extract<Said, { say: S }> | undefined) ?? null
  const well = find("well")
  const running = find("running")
  return {
    run: running?.run ?? null,
    saidRunning: running,
    acknowledgements: all.filter((said) => said.say === "acknowledged"),
    acknowledged: find("acknowledged")?.seq ?? 0,
    wellAfterMs: well?.afterMs ?? null,
    saidWell: well,
    stopped: find("stopped"),
    refused: find("refused")?.error ?? null,
    signal: child.signalCode,
    stderr,
  }
}

/** A killed process leaves half a line now and then. */
function parsed(line: string): Said | null {
  try {
    return JSON.parse(line) as Said
  } catch {
    return null
  }
}
