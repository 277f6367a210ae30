/** Next calls `register` once when a server starts, before the first request; also in the edge runtime, where no engine can live on. */
export async function register(): Promise<void> {
  if (process.env["NEXT_RUNTIME"] !== "nodejs") return
  const { tuning } = await import("./tuning.ts")
  await tuning().started
}
