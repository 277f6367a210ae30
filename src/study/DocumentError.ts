/** A file that a study cannot use. The message is for a person: whole sentences, the place in the file, what to do. */
export class DocumentError extends Error {
  override readonly name = "DocumentError"
}
