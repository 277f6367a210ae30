/** Numbers of a typed array as a plain list. A loop: `Array.from` makes an object of every number on its way. */
export function listOf(numbers: ArrayLike<number>): Array<number> {
  const list: Array<number> = []
  for (let i = 0; i < numbers.length; i++) list.push(numbers[i])
  return list
}

/** Values by name, a name each. */
export function byName<T>(
  names: ReadonlyArray<string>,
  valueOf: (i: number) => T,
): Readonly<Record<string, T>> {
  const out: Record<string, T> = {}
  for (let i = 0; i < names.length; i++) out[names[i]] = valueOf(i)
  return out
}
