/**
 * Breaks one mechanism of the source while it is loaded, without touching a file: a Vite plugin for the tests, and the same for a
 * process that a test starts. It is how `npm run test:broken` shows that each invariant's test fails when what it guards is gone.
 */
import { registerHooks } from "node:module"
import type { Plugin } from "vite"
import { mechanisms } from "./mechanisms.ts"

/** What makes of a file's text the broken one; null for every other file. */
function breaking(name: string): (code: string, id: string) => string | null {
  const mechanism = mechanisms.find((one) => one.name === name)
  if (mechanism === undefined) {
    throw new Error(
      `No mechanism is named "${name}". Known: ${mechanisms.map((one) => one.name).join(", ")}.`,
    )
  }
  return (code, id) => {
    if (!id.endsWith(mechanism.file)) return null
    const parts = code.split(mechanism.intact)
    if (parts.length !== 2) {
      throw new Error(`${mechanism.file} holds the text of "${name}" ${parts.length - 1} times, not once.`)
    }
    return parts.join(mechanism.broken)
  }
}

export const breakMechanism = (name: string | undefined): Plugin => {
  if (name === undefined || name === "") return { name: "arqon-intact" }
  const broken = breaking(name)
  return {
    name: "arqon-broken",
    enforce: "pre",
    transform(code, id) {
      const changed = broken(code, id)
      return changed === null ? null : { code: changed, map: null }
    },
  }
}

/** In a process that a test has started: what it imports from now on is broken where the test's own is. */
export function breakImports(): void {
  const name = process.env["ARQON_BREAK"]
  if (name === undefined || name === "") return
  const broken = breaking(name)
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context)
      const { source } = loaded
      const changed =
        typeof source === "string" || source instanceof Uint8Array
          ? broken(Buffer.from(source).toString(), url)
          : null
      return changed === null ? loaded : { ...loaded, source: changed }
    },
  })
}
