/** A campaign in real processes over a file of SQLite, each killed with SIGKILL around a step: every step has its effect once. */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, expect, it } from "vitest"
import { startPostgres } from "../adapters/startPostgres.ts"

const folder = mkdtempSync(join(tmpdir(), "arqon-campaign-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** What a process says, and what has ended it. */
const processOver = (
  file: string,
  when: string,
  step: string,
): Promise<{ readonly said: string; readonly signal: string | null }> =>
  new Promise((resolve) => {
    const program = join(import.meta.dirname, "campaignProcess.ts")
    const child = spawn(process.execPath, [program, file, when, step], {
      stdio: ["ignore", "pipe", "inherit"],
    })
    let said = ""
    child.stdout.setEncoding("utf8").on("data", (piece: string) => (said += piece))
    child.once("close", (_code, signal) => resolve({ said, signal }))
  })

/** Before a step's row is written, and after it is committed with the effect; and on a trial that has begun. */
const KILLS = [
  ["before", "study"],
  ["after", "study"],
  ["before", "draft"],
  ["after", "draft"],
  ["before", "decision/1"],
  ["after", "decision/1"],
  ["begun", "campaign nightly/1"],
  ["before", "trial/1"],
  ["before", "trial/2"],
] as const

const ACTIONS = ["draft", "evaluate", "evaluate", "approve", "promote"]

it("has each effect once, though a process is killed before and after each step, and on a trial", async () => {
  const file = join(folder, "campaign.db")
  for (const [when, step] of KILLS)
    expect([when, step, (await processOver(file, when, step)).signal]).toEqual([when, step, "SIGKILL"])
  const { said } = await processOver(file, "never", "")
  expect(JSON.parse(said)).toEqual({
    state: "rolledOut",
    steps: ["study", "draft", "decision/1", "trial/1", "trial/2"],
    actions: ACTIONS,
  })
  const db = new DatabaseSync(file)
  const { standing } = db.prepare("SELECT standing FROM arqon_owner").get() as { standing: string }
  db.close()
  const { commands } = JSON.parse(standing) as { commands: ReadonlyArray<{ key: string; end?: string }> }
  // The trial that was begun and lost, and the one that was not begun again when its end was not written down.
  expect(commands.flatMap(({ key, end }) => (end === undefined ? [] : [[key, end]]))).toEqual([
    ["campaign nightly/1", "withdrawn"],
    ["campaign nightly/2", "rolledOut"],
  ])
})

it("goes its way over PostgreSQL as well", async () => {
  const server = await startPostgres()
  try {
    const { said } = await processOver(`postgres://arqon@127.0.0.1:${server.port}/postgres`, "never", "")
    expect(JSON.parse(said)).toEqual({
      state: "rolledOut",
      steps: ["study", "draft", "decision/1", "trial/1"],
      actions: ACTIONS,
    })
  } finally {
    await server.stop()
  }
})
