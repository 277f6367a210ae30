/**
 * What every view of live values is made from: an object whose properties are getters. Whoever prints one wants to see the numbers, and
 * Node would print that there are getters. Under a symbol, so that a knob may have any name.
 */
export const VALUE_VIEW: object = Object.freeze(
  Object.create(null, {
    [Symbol.for("nodejs.util.inspect.custom")]: {
      value(this: Readonly<Record<string, number>>): object {
        return { ...this }
      },
    },
  }),
)
