/** How an engine shows its live values: what can be read and printed of them, and what whoever writes to them is told. */

/** Node asks an object under this symbol what to print in its place. */
const INSPECTED = Symbol.for("nodejs.util.inspect.custom")

/**
 * What every view of live values is made from: an object whose properties are getters. Whoever prints one or puts it into a text wants to
 * see the numbers, and Node would print that there are getters. Under symbols, so that a knob may have any name.
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

/** What takes the place of a view would never change, and set nothing. */
const refuseReplacement = (): never => {
  throw new TypeError(
    "values cannot be replaced: it shows what the engine sets. setBaseline() keeps the present base, rollback() goes back to the " +
      "baseline; `initial` says where a knob begins, and relocation.offer() where else it may go.",
  )
}

/** An engine as Node prints it: with its view as a plain property. */
function printed(this: { readonly values: object }): object {
  return Object.create(Object.getPrototypeOf(this), {
    ...Object.getOwnPropertyDescriptors(this),
    values: { value: this.values, enumerable: true },
    [INSPECTED]: {},
  })
}

/** Gives an engine, or the prototype of one, a view that cannot be replaced: whoever tries is told what to do instead. */
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

/** The setter of a knob: whoever writes it is told what to do instead, also where scripts are not strict. */
export const refuseWrite = (name: string) => (): never => {
  throw new TypeError(
    `values[${JSON.stringify(name)}] cannot be written: the engine sets it. setBaseline() keeps the present base, rollback() goes back to ` +
      "the baseline, setGuardrails() bounds the steps; `initial` says where a knob begins, and relocation.offer() where else it may go.",
  )
}
