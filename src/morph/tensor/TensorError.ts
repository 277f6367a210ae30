/** What this room throws: shapes that do not fit, a memory that is full. Nothing has changed when it is thrown. */
export class TensorError extends Error {
  readonly _tag = "TensorError"
  /** Where: the scope and the operator, `hidden1/dense`, or the part of the arena. */
  readonly path: string
  /** What is wrong, without the path. */
  readonly problem: string
  /** What to do about it. */
  readonly remedy: string

  constructor(path: string, problem: string, remedy: string) {
    super(`${path}: ${problem}. ${remedy}.`)
    this.path = path
    this.problem = problem
    this.remedy = remedy
  }
}
