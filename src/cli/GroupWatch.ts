/** The command's side of `scriptWatcher`: says which process groups run, so that they end with the command, however it ends. */
import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import type { Socket } from "node:net"
import { fileURLToPath } from "node:url"

/** From the sources this file is TypeScript, in the package it is not. */
const WATCHER = import.meta.url.endsWith(".ts")
  ? new URL("./scriptWatcher.ts", import.meta.url)
  : new URL("./scriptWatcher.js", import.meta.url)

export class GroupWatch {
  /** For the environment of whatever runs, so that it is found even before it was told of. */
  readonly environment: Readonly<Record<string, string>>
  private readonly pipe: Socket

  constructor() {
    const mark = randomUUID()
    this.environment = { ARQON_RUN_MARK: mark }
    // A group of its own: it outlives whatever ends the command's.
    const watcher = spawn(process.execPath, [fileURLToPath(WATCHER), mark], {
      detached: true,
      windowsHide: true,
      stdio: ["pipe", "ignore", "ignore"],
      // What the command was told to load or to debug is not for it.
      env: { ...process.env, NODE_OPTIONS: "" },
    })
    // Without it scripts run as well; they only outlive a command that is killed.
    watcher.on("error", () => {})
    watcher.stdin.on("error", () => {})
    // It is no reason for the command to live. Bun's pipe cannot be told so, and holds nobody.
    watcher.unref()
    this.pipe = watcher.stdin as Socket
    if ("unref" in this.pipe) this.pipe.unref()
  }

  begun(pid: number): void {
    this.pipe.write(`+${pid};\n`)
  }

  ended(pid: number): void {
    this.pipe.write(`-${pid};\n`)
  }
}
