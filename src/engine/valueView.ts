/**
 * What every view of live values is made from: an object whose properties are getters. Whoever prints one or puts it into a text wants to
 * see the numbers, and Node would print that there are getters. Under symbols, so that a knob may have any name.
 */
export const VALUE_VIEW: object = Object.freeze(
  Object.create(null, {
    [Symbol.for("nodejs.util.inspect.custom")]: {
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

/** The same engine with a view that cannot be replaced: what takes its place would never change, and set nothing. */
export const keepValues = <E extends { readonly values: object }>(engine: E): E =>
  Object.defineProperty(engine, "values", { writable: false })

/** The setter of a knob: whoever writes it is told what to do instead, also where scripts are not strict. */
export const refuseWrite = (name: string) => (): never => {
  throw new TypeError(
    `values[${JSON.stringify(name)}] cannot be written: the engine sets it. setBaseline() keeps the present base, rollback() goes back to ` +
      "the baseline, setGuardrails() bounds the steps; `initial` says where a knob begins, and relocation.offer() where else it may go.",
  )
}
