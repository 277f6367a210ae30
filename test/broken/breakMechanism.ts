/**
 * A Vite plugin that breaks one mechanism of the source while it is loaded, without touching a file. It is how
 * `npm run test:broken` shows that each invariant's test fails when what it guards is gone.
 */
import type { Plugin } from "vite"
import { mechanisms } from "./mechanisms.ts"

export const breakMechanism = (name: string | undefined): Plugin => {
  if (name === undefined || name === "") return { name: "arqon-intact" }
  const mechanism = mechanisms.find((one) => one.name === name)
  if (mechanism === undefined) {
    throw new Error(
      `No mechanism is named "${name}". Known: ${mechanisms.map((one) => one.name).join(", ")}.`,
    )
  }
  return {
    name: "arqon-broken",
    enforce: "pre",
    transform(code, id) {
      if (!id.endsWith(mechanism.file)) return null
      const parts = code.split(mechanism.intact)
      if (parts.length !== 2) {
        throw new Error(`${mechanism.file} holds the text of "${name}" ${parts.length - 1} times, not once.`)
      }
      return { code: parts.join(mechanism.broken), map: null }
    },
  }
}
