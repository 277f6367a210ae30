/** The first file of an engine's worker thread. Seen from the sources it is TypeScript, in the package it is not. */
export const workerEntry: URL = import.meta.url.endsWith(".ts")
  ? new URL("./workerMain.ts", import.meta.url)
  : new URL("./workerMain.js", import.meta.url)
