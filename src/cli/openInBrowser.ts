/**
 * Opens a browser at a link with a secret in it. Other users of the machine can read every command line, so what the browser is
 * started with is a file that only this user can read, and that leads on to the link.
 */
import { spawn } from "node:child_process"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { note } from "./output.ts"

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, ReadonlyArray<string>>>> = {
  darwin: ["open"],
  win32: ["cmd", "/c", "start", ""],
}

/** `forget` removes the file. */
export function openInBrowser(link: string): { readonly forget: () => void } {
  const folder = new URL(link).search === "" ? null : mkdtempSync(join(tmpdir(), "arqon-studio-"))
  const [command, ...before] = OPENERS[process.platform] ?? ["xdg-open"]
  const opener = spawn(command, [...before, folder === null ? link : fileTo(link, folder)], {
    stdio: "ignore",
    detached: true,
  })
  opener.on("error", () => note("No browser could be opened; open the address yourself."))
  opener.unref()
  return {
    forget: () => {
      if (folder !== null) rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The folder is this user's alone. The link holds nothing that HTML would read otherwise. */
function fileTo(link: string, folder: string): string {
  const path = join(folder, "open.html")
  writeFileSync(
    path,
    `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=${link}"><a href="${link}">Open the studio</a>\n`,
    { mode: 0o600 },
  )
  return pathToFileURL(path).href
}
