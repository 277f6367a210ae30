/** The values of the knobs by name. */

/** Values of the knobs by name. An unknown name is a type error. */
export type KnobValues<K extends string> = { readonly [Name in K]: number }
