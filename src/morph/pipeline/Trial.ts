/**
 * The first calls of a candidate, whose answers nobody gets: with recorded inputs or with those of callers, in a quarantine where it was
 * given as a module. Its code is loaded here once it has come through.
 */
import type { Outcome } from "./calls.ts"
import type { Conduct } from "./Conduct.ts"
import type { MirrorJob } from "./Mirrors.ts"
import type { AnyFunction } from "./pieces.ts"
import type { Candidate } from "./SocketWorld.ts"

export class Trial {
  failures = 0
  private calls = 0
  private readonly candidate: Candidate
  /** Calls until it is over; 0 where nothing may be tried. */
  private readonly wanted: number
  private readonly conduct: Conduct
  private readonly loaded: (fn: AnyFunction) => void
  private state: "away" | "loading" | "here"

  /** @param loaded gets the function of a module */
  constructor(candidate: Candidate, wanted: number, conduct: Conduct, loaded: (fn: AnyFunction) => void) {
    this.candidate = candidate
    this.wanted = wanted
    this.conduct = conduct
    this.loaded = loaded
    this.state = candidate.quarantine === null ? "here" : "away"
    if (wanted === 0) this.load()
  }

  /** What is called. A quarantine has its own deadline, which waits for a loop that is kept here. */
  get subject(): Pick<MirrorJob, "fn"> & Partial<Pick<MirrorJob, "far">> {
    const { fn, quarantine } = this.candidate
    if (quarantine === null) return { fn }
    const outcome = (failure: unknown): Outcome => ({
      // How long it takes there says nothing of here.
      ms: 0,
      endMs: Number.NaN,
      error: failure !== null,
      answer: null,
      failure,
    })
    const far: MirrorJob["far"] = ({ args }) =>
      quarantine.call(...args).then(
        () => outcome(null),
        (failure: unknown) => outcome(failure ?? new Error("failed")),
      )
    return { fn, far }
  }

  get wantsCalls(): boolean {
    return this.calls < this.wanted
  }

  /** Calls that gate G0 waits for, or code that is not here yet. */
  get missing(): number {
    return Math.max(this.wanted - this.calls, this.state === "here" ? 0 : 1, 0)
  }

  /** @param hadFailed the incumbent failed with the same input */
  note({ error, ms, failure }: Outcome, hadFailed: boolean): void {
    this.calls++
    if ((!error || hadFailed) && Number.isFinite(ms)) {
      if (!this.wantsCalls && this.failures === 0) this.load()
    } else if (this.candidate.quarantine === null) this.failures++
    else this.fail(`failed in its quarantine: ${messageOf(failure)}`)
  }

  close(): void {
    this.candidate.quarantine?.close()
  }

  private load(): void {
    const { quarantine } = this.candidate
    if (quarantine === null || this.state !== "away") return
    this.state = "loading"
    quarantine.load().then(
      (fn) => {
        this.state = "here"
        // Mirrors stay in its thread until it is kept or culled.
        if (quarantine.far === null) this.close()
        this.loaded(fn)
      },
      (failure: unknown) => {
        this.close()
        this.fail(`could not be loaded: ${messageOf(failure)}`)
      },
    )
  }

  private fail(what: string): void {
    // What a thread ended by says, and not what follows from that.
    if (this.failures++ === 0) this.conduct.critical(what)
  }
}

const messageOf = (failure: unknown): string => (failure instanceof Error ? failure.message : String(failure))
