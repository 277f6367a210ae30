/** What the shell shows in its middle, one at a time. */
export interface View {
  readonly title: string
  readonly element: HTMLElement
  /** Ends everything it watches. */
  readonly close: () => void
}
