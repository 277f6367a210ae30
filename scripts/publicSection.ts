/** The section of docs/benchmarks.md on what a user calls, from what `bench/hot` prints with --json. */

interface PublicPrice {
  readonly p10Ns: number
  readonly p50Ns: number
  readonly p90Ns: number
  readonly bytesPerOp: number
  readonly leastBytes: number
  readonly mostBytes: number
}

/** What one process printed. */
export interface PublicRun {
  readonly public: Readonly<Record<string, PublicPrice>>
}

const TITLE = "## What a user calls"

const ROWS: ReadonlyArray<readonly [key: string, what: string, budget: string]> = [
  ["publicDigest", "`observeDigest()`, by position, manual time", "0 B"],
  ["publicObserve", "`observe({ objective })`, manual time", "80 ns, 32 B"],
  ["publicTrack", "`track`, over the bare call, manual time", "200 ns, 200 B"],
  ["publicDigestClock", "`observeDigest()`, the system's clock", "0 B"],
  ["publicObserveClock", "`observe({ objective })`, the system's clock", "80 ns, 32 B"],
  ["publicTrackClock", "`track`, over the bare call, the system's clock", "200 ns, 200 B"],
  ["publicTick", "a tick with nothing due", "50 ns, 0 B"],
  ["publicWindow", "a window through the actors, 16 knobs", "10 us, 8 KB"],
  ["publicWindowHeard", "the same with a subscriber", ""],
  ["publicFleet", "`observe` of an engine in a fleet", ""],
  ["publicWorker", "`observe` of an engine in a worker, in the caller's thread", ""],
  ["publicLimiter", "a request through the Express limiter, 10,000 a second", ""],
  ["publicLimiterBare", "the same request without a limiter", ""],
]

const middle = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1]

const time = (ns: number): string => (ns >= 1_000 ? `${(ns / 1_000).toFixed(1)} us` : `${ns.toFixed(0)} ns`)

const bytes = (count: number): string =>
  count >= 1_000 ? `${(count / 1_000).toFixed(1)} KB` : `${count.toFixed(count < 10 ? 1 : 0)} B`

/** The section, with the spread between the fastest and the slowest tenth. */
export function publicSection(runs: ReadonlyArray<PublicRun>): string {
  const rows = ROWS.map(([key, what, budget]) => {
    const of = (field: keyof PublicPrice): number => middle(runs.map((run) => run.public[key][field]))
    const times = `${time(of("p50Ns"))} (${time(of("p10Ns"))} to ${time(of("p90Ns"))})`
    return `| ${what} | ${times} | ${bytes(of("bytesPerOp"))} | ${budget} |`
  })
  return `${TITLE}
\`npm run bench:hot -- --public\`, ${runs.length} ${runs.length === 1 ? "process" : "processes"}: the median, and the fastest and slowest tenth of batches of 1,000 calls; single
calls for windows. Bytes are per call over 100,000 calls. The caller's own objects are reused, so they do not count.
A cycle has two windows and three applies. A window's time is that of the digest that closes it; its bytes are everything since the last window.

| call | p50 (p10 to p90) | bytes | budget |
| --- | --- | --- | --- |
${rows.join("\n")}

A window's bytes depend on what the compiler has seen: 7.7 KB in a process that does nothing else, up to a tenth more here. Its time is not within
its budget. Three ways halved the garbage (steps, collections and outboxes that are used again; events made in one piece; no notes where nobody
inspects) and took a quarter off the time: eight events go through XState's mailboxes, each with a context of its own, so that a step that fails
leaves the last state whole. The tests hold every byte count of this table that has a budget.

`
}
