/**
 * A real PostgreSQL for one test: a new cluster in a directory of its own, on a free loopback port, trusting everybody who comes from
 * there, ended with the test. The server refuses to run as root, so root hands the cluster to the user `postgres` of Debian's
 * package; anybody else runs it as himself.
 */
import { execFileSync, spawn } from "node:child_process"
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { freePort } from "./freePort.ts"

const ROOT = "/usr/lib/postgresql"

/** Where Debian puts the programs of the newest version there is. */
const programs = (): string => {
  const versions = existsSync(ROOT) ? readdirSync(ROOT).sort((a, b) => Number(b) - Number(a)) : []
  const found = versions
    .map((version) => join(ROOT, version, "bin"))
    .find((bin) => existsSync(join(bin, "initdb")))
  if (found === undefined) throw new Error(`${ROOT}/*/bin/initdb is missing: apt-get install postgresql`)
  return found
}

/** Who runs the server: nobody else than ourselves, unless we are root. */
const runner = (): { uid: number; gid: number } | undefined => {
  if (process.getuid?.() !== 0) return undefined
  const id = (flag: string): number => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }))
  return { uid: id("-u"), gid: id("-g") }
}

/** `more` are settings of the server, as `max_connections=5`. */
export async function startPostgres(more: ReadonlyArray<string> = []): Promise<{
  readonly port: number
  /** Of the server's first process; the others are its children. */
  readonly pid: number
  readonly stop: () => Promise<void>
}> {
  const bin = programs()
  const who = runner()
  const directory = mkdtempSync(join(tmpdir(), "arqon-postgres-"))
  chmodSync(directory, 0o755)
  if (who !== undefined) chownSync(directory, who.uid, who.gid)
  const data = join(directory, "data")
  execFileSync(
    join(bin, "initdb"),
    ["-D", data, "-U", "arqon", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"],
    { cwd: directory, stdio: ["ignore", "ignore", "inherit"], ...who },
  )
  const port = await freePort()
  const settings = [
    "listen_addresses=127.0.0.1",
    `unix_socket_directories=${directory}`,
    "fsync=off",
    ...more,
  ]
  const child = spawn(
    join(bin, "postgres"),
    ["-D", data, "-p", String(port), ...settings.flatMap((one) => ["-c", one])],
    { cwd: directory, stdio: ["ignore", "ignore", "pipe"], ...who },
  )
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()))
  await new Promise<void>((resolve, reject) => {
    let said = ""
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      said += chunk
      if (said.includes("ready to accept connections")) resolve()
    })
    void ended.then(() => reject(new Error(`postgres ended before it was ready:\n${said}`)))
  })
  return {
    port,
    pid: child.pid as number,
    stop: async () => {
      // Fast shutdown: open connections are ended.
      child.kill("SIGINT")
      await ended
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
