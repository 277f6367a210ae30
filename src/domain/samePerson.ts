/** Whether two names mean one person: needed wherever what one has made has to be approved by another. */

/** What nobody sees: of a name it makes no other one. */
export const UNSEEN: RegExp = /[\p{Cc}\p{Default_Ignorable_Code_Point}]/gu

/** Names of people compared as people would: case, spelling in Unicode, white space and what cannot be seen make nobody another person. */
export const personOf = (name: string): string =>
  name
    .normalize("NFKC")
    .replace(/\s+/g, " ")
    .replace(UNSEEN, "")
    .trim()
    // There and back: capitals of one letter may be two.
    .toUpperCase()
    .toLowerCase()
    .normalize("NFKC")

/** True when both names mean one person. */
export const samePerson = (a: string, b: string): boolean => personOf(a) === personOf(b)
