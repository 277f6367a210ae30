/** How an engine shows its live values: what can be read and printed, and the error for writing to them. */

/** Node prints what this method returns instead of the object. */
const INSPECTED = Symbol.for("nodejs.util.inspect.custom")

/**
 * The prototype of every view of live values, whose properties are getters. Printing a view should show numbers,
 * not that there are getters. The methods are under symbols, so that a knob may have any name.
 */
export const VALUE_VIEW: object = Object.freeze(
  Object.create(null, {
    [INSPECTED]: {
      value(this: Readonly<Record<string, number>>): object {
        return { ...this }
      },
    },
    [Symbol.toPrimitive]: {
      value(this: Readonly<Record<string, number>>, hint: string): string | number {
        return hint === "number" ? Number.NaN : JSON.stringify({ ...this })
      },
    },
  }),
)

/** An object assigned in place of a view would never change and set nothing. */
const refuseReplacement = (): never => {
  throw new TypeError(
    "values cannot be replaced: it shows what the engine sets. setBaseline() keeps the present base, rollback() goes back to the " +
      "baseline; `initial` says where a knob begins, and relocation.offer() where else it may go.",
  )
}

/** An engine as Node prints it, with its view as a plain property. */
function printed(this: { readonly values: object }): object {
  return Object.create(Object.getPrototypeOf(this), {
    ...Object.getOwnPropertyDescriptors(this),
    values: { value: this.values, enumerable: true },
    [INSPECTED]: {},
  })
}

/** Gives an engine, or its prototype, a view that cannot be replaced. The error says what to do instead. */
export const defineValues = <E extends object>(engine: E, get: (this: E) => object): E =>
  Object.defineProperties(engine, {
    values: { get, set: refuseReplacement, enumerable: true },
    [INSPECTED]: { value: printed },
  })

/** The same engine with a view that cannot be replaced. */
export const keepValues = <E extends { readonly values: object }>(engine: E): E => {
  const { values } = engine
  return defineValues(engine, () => values)
}

/** The setter of a knob: it throws an error that says what to do instead, even in non-strict scripts. */
export const refuseWrite = (name: string) => (): never => {
  throw new TypeError(
    `values[${JSON.stringify(name)}] cannot be written: the engine sets it. setBaseline() keeps the present base, rollback() goes back to ` +
      "the baseline, setGuardrails() bounds the steps; `initial` says where a knob begins, and relocation.offer() where else it may go.",
  )
}
