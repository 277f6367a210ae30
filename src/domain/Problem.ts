/** What every refusal lists, apart from the errors that carry it. */

/** One thing that is wrong with a configuration. */
export interface Problem {
  /** Where it is, as one would write it: `params.concurrency.min`. Empty for the configuration itself. */
  readonly path: string
  /** What is wrong, in one sentence. */
  readonly message: string
  /** What to do about it. */
  readonly suggestion?: string
}
