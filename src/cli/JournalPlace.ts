/** A journal that a command is to read, as a person named it and as it is found. */

/** What a person named. */
export interface JournalAsked {
  /** A directory, or a name in the storage. */
  readonly directory: string
  readonly storage: string | null
  /** Of a fleet in the storage: the key. */
  readonly key: string | null
}

/** A journal to read. */
export interface JournalPlace {
  readonly directory: string
  /** For people. */
  readonly shown: string
  /** It is from a database: each run in it is the time of one owner. */
  readonly owned: boolean
  /** Of a key of a fleet: the journal of its bucket, whose chain proves the key's records. */
  readonly chain?: string | undefined
}
