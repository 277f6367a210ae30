/** What an owner meets that is none any more. */
import * as Data from "effect/Data"

/** Somebody else owns it: nothing was written, and nothing of the plant was touched. The owner that meets this ends. */
export class FencedError extends /* @__PURE__ */ Data.TaggedError("FencedError")<{
  readonly kind: string
  readonly name: string
  /** The epoch that is no longer the newest. */
  readonly epoch: number
}> {
  override get message(): string {
    return `${this.kind} ${this.name}: epoch ${this.epoch} is over, because another owner has taken its place.`
  }
}
