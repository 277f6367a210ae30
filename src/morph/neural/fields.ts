/**
 * The fields of an object that holds nothing but data: numbers, texts, arrays, maps. A checkpoint keeps them and `Object.assign` puts them
 * back into another object of the class, so no field of it can be forgotten.
 */
export type Fields = Readonly<Record<string, unknown>>

export const fieldsOf = (one: object): Fields => ({ ...one })
