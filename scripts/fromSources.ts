/**
 * Preloaded into the processes of a demo that runs from the sources: `arqon` means the sources there too. In the package it means the
 * build, which a fresh clone does not have.
 */
import { registerHooks } from "node:module"

const entry = new URL("../src/index.node.ts", import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === "arqon" ? { url: entry, shortCircuit: true } : next(specifier, context),
})
