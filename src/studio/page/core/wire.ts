/** How the page reaches what it shows: over HTTP, or within the page itself where `src/studio/playground` puts another in its place. */

/** What is used of an `EventSource`. */
export interface EventStream {
  readonly readyState: number
  readonly addEventListener: (type: string, listener: (event: MessageEvent<string>) => void) => void
  readonly close: () => void
}

interface Wire {
  request: (url: string, init?: RequestInit) => Promise<Response>
  stream: (url: string) => EventStream
}

export const wire: Wire = {
  request: (url, init) => fetch(url, { credentials: "same-origin", ...init }),
  stream: (url) => new EventSource(url),
}
