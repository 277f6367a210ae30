/** The values of the knobs by name. */

/** Values of the knobs by name; a name that is no knob is a type error. */
export type KnobValues<K extends string> = { readonly [Name in K]: number }
