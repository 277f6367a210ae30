/**
 * A real Redis for one test: on a free loopback port, in a directory of its own, ended with the test. Debian's package brings the
 * program; where it is missing the test fails and says how to get it.
 */
import { spawn } from "node:child_process"
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { freePort } from "./freePort.ts"

const PROGRAM = "/usr/bin/redis-server"

export async function startRedis(): Promise<{ readonly port: number; readonly stop: () => Promise<void> }> {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: apt-get install redis-server`)
  const directory = mkdtempSync(join(tmpdir(), "arqon-redis-"))
  const port = await freePort()
  const child = spawn(
    PROGRAM,
    ["--port", String(port), "--bind", "127.0.0.1", "--dir", directory, "--save", "", "--appendonly", "no"],
    { stdio: ["ignore", "pipe", "inherit"] },
  )
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()))
  await new Promise<void>((resolve, reject) => {
    let said = ""
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      said += chunk
      if (said.includes("Ready to accept connections")) resolve()
    })
    void ended.then(() => reject(new Error(`redis-server ended before it was ready:\n${said}`)))
  })
  return {
    port,
    stop: async () => {
      child.kill("SIGTERM")
      await ended
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
