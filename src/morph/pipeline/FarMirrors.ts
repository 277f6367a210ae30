/**
 * Mirrors in the candidate's own thread, so that the work of a second answer costs callers nothing. Inputs go there as copies and answers
 * come back as copies, to be compared here. What cannot be copied is mirrored in the service's thread, which is said once and counted.
 * Times from there are not compared with any of here: they only tell what was late.
 */
import type { Outcome } from "./calls.ts"
import type { Conduct } from "./Conduct.ts"
import type { Declared } from "./Declared.ts"
import { canBeSent } from "./inputs.ts"
import type { MirrorJob, Mirrors } from "./Mirrors.ts"
import type { CallFar, FarCall, Quarantine } from "./Quarantine.ts"

export class FarMirrors {
  /** Mirrors that ran in the service's thread because something could not be copied. */
  uncopied = 0
  /** The candidate's answers cannot be copied: all of its mirrors run in the service's thread. */
  private isOver = false
  private readonly call: CallFar
  private readonly mirrors: Mirrors
  private readonly conduct: Conduct
  private readonly declared: Declared

  constructor(
    far: NonNullable<Quarantine["far"]>,
    mirrors: Mirrors,
    conduct: Conduct,
    declared: Declared,
    ended: (why: string) => void,
  ) {
    this.call = far(ended)
    this.mirrors = mirrors
    this.conduct = conduct
    this.declared = declared
  }

  get isOn(): boolean {
    return !this.isOver
  }

  offer(job: MirrorJob): void {
    if (this.isOver) return this.here(job)
    if (job.self !== undefined || !canBeSent(job.args)) {
      this.declared.cannotBeCopied(job.self === undefined ? "inputs" : "this")
      return this.here(job)
    }
    const { kinds } = this.conduct
    this.mirrors.offer({
      ...job,
      far: ({ args, limitMs, gapMs }) => this.there({ args, limitMs, gapMs, kinds }),
    })
  }

  private here(job: MirrorJob): void {
    this.uncopied++
    this.mirrors.offer(job)
  }

  private async there(call: FarCall): Promise<Outcome | "here" | null> {
    const came = await this.call(call)
    if (came === null) return null
    if (came === "inputs" || came === "answers") {
      if (came === "answers") this.isOver = true
      this.uncopied++
      this.declared.cannotBeCopied(came)
      return "here"
    }
    for (const what of came.criticals) this.conduct.critical(what)
    if (came.heldMs > 0) this.conduct.held(came.heldMs, "promise")
    return came.outcome
  }
}
