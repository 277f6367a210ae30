/** What asks a command to end. */

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const

/** Calls `handler` for each such signal, until `off`. */
export function onSignals(handler: (signal: NodeJS.Signals) => void): { readonly off: () => void } {
  for (const signal of SIGNALS) process.on(signal, handler)
  return {
    off: () => {
      for (const signal of SIGNALS) process.off(signal, handler)
    },
  }
}
