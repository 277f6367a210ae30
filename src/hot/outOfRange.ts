/**
 * What the constructors of this room throw. They import nothing, so it is no tagged error; it speaks as those of a configuration do:
 * the field first, then what it must be, then what it was.
 */
export const outOfRange = (field: string, must: string, got: unknown): RangeError =>
  new RangeError(wrong(field, must, got))

/** The same in words only. */
export const wrong = (field: string, must: string, got: unknown): string =>
  `${field}: must be ${must}, got ${String(got)}.`
