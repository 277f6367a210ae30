/**
 * A candidate's quarantine under Node, and the thread that its mirrors stay in afterwards. A thread that is lost while it mirrors is
 * begun again; the third loss culls the candidate, as any third critical event does.
 */
import { messageOf } from "../../system/messageOf.ts"
import type { CallFar, CandidateModule, Quarantine, StartQuarantine } from "../pipeline/Quarantine.ts"
import { CandidateThread } from "./CandidateThread.ts"

const lost = ({ endedBy }: CandidateThread, failure: unknown): string =>
  `lost its thread: ${endedBy ?? messageOf(failure)}`

class CandidateQuarantine implements Quarantine {
  readonly far: Quarantine["far"]
  private readonly candidate: CandidateModule
  private readonly deadlineMs: number
  private thread: CandidateThread
  /** Nothing is mirrored before its thread can be asked. */
  private isReady = true
  private isClosed = false

  constructor(thread: CandidateThread, candidate: CandidateModule, deadlineMs: number) {
    this.thread = thread
    this.candidate = candidate
    this.deadlineMs = deadlineMs
    this.far = candidate.mirrors === "process" ? null : (ended) => this.mirroring(ended)
  }

  readonly call: Quarantine["call"] = (...args) => this.thread.call(...args)
  readonly load: Quarantine["load"] = () => this.thread.load()

  readonly close = (): void => {
    this.isClosed = true
    this.thread.close()
  }

  private mirroring(ended: (why: string) => void): CallFar {
    return async (call) => {
      if (!this.isReady || this.isClosed) return null
      const { thread } = this
      try {
        return await thread.mirror(call)
      } catch (failure) {
        // All that wait in one thread hear of its end; the first begins another.
        if (this.thread === thread && !this.isClosed) {
          ended(lost(thread, failure))
          this.beginAgain(ended)
        }
        return null
      }
    }
  }

  private beginAgain(ended: (why: string) => void): void {
    if (this.isClosed) return
    this.isReady = false
    const thread = new CandidateThread(this.candidate, this.deadlineMs)
    this.thread = thread
    thread.started().then(
      () => void (this.isReady = true),
      (failure: unknown) => {
        if (this.isClosed) return
        ended(lost(thread, failure))
        this.beginAgain(ended)
      },
    )
  }
}

export const startQuarantine: StartQuarantine = async (candidate, deadlineMs) =>
  new CandidateQuarantine(await new CandidateThread(candidate, deadlineMs).started(), candidate, deadlineMs)
