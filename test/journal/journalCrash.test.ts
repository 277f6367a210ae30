/**
 * Processes that are killed (SIGKILL) while they tune, again and again over one directory: no record that was acknowledged
 * is lost, the journal is whole up to a torn tail at most, the next process takes over, and what was recorded replays.
 */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { describe, expect, it } from "vitest"
import { lastStanding, readJournal, replayJournal, verifyJournal } from "../../src/platform/node/index.ts"
import { ownFolder } from "./journalRig.ts"

const folder = ownFolder()
const SCRIPT = join(import.meta.dirname, "crashingEngine.ts")

/** `ARQON_KILLS=200 vitest run test/journal/journalCrash.test.ts` is the long form. */
const KILLS = Number(process.env["ARQON_KILLS"] ?? 3)
/** Lines after which each process is killed: spread from a few to some thousand, the same in every run. */
const moments = Array.from({ length: KILLS }, (_, i) => 30 + ((i * 7919 + 380) % 1500))

/** Runs an engine until it has said so many lines, kills it, and returns the last record it had acknowledged. */
async function killed(directory: string, sync: "batch" | "never", lines: number): Promise<number> {
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", SCRIPT, directory, sync], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  let acknowledged = 0
  let heard = 0
  for await (const line of createInterface({ input: child.stdout })) {
    acknowledged = Number(line)
    // What it still manages to say before it dies counts as well.
    if (acknowledged > 0 && ++heard === lines) child.kill("SIGKILL")
  }
  if (child.signalCode === null && child.exitCode === null) await once(child, "exit")
  expect(child.signalCode).toBe("SIGKILL")
  return acknowledged
}

describe("a process that is killed while it works", () => {
  it.each([["batch", moments] as const, ["never", [801]] as const])(
    "loses nothing that it acknowledged (sync %s)",
    { timeout: 60_000 + 10_000 * KILLS },
    async (sync, lines) => {
      let runs = 0
      for (const moment of lines) {
        const acknowledged = await killed(folder.path, sync, moment)
        runs++
        const report = verifyJournal(folder.path)
        expect(report.status).not.toBe("damaged")
        expect(lastStanding(folder.path)?.damage).toBeNull()
        expect(report.runs).toHaveLength(runs)
        const { run, lastSeq, ended } = report.runs[runs - 1]
        expect(ended).toBe(false)
        expect(lastSeq).toBeGreaterThanOrEqual(acknowledged)
        expect(acknowledged).toBeGreaterThan(0)
        const { records } = readJournal(folder.path, { run })
        expect(records.map(({ seq }) => seq)).toEqual(records.map((_, i) => i + 1))
        expect(replayJournal(folder.path)).toMatchObject({ verdict: "identical", run })
      }
    },
  )
})
