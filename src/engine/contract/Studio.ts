/** How a studio is opened, and what is known of an open one. */

/** How a studio is opened. */
export interface StudioOptions {
  /** Port to listen on; 0, the default, takes a free one. */
  readonly port?: number
  /** Address to listen on; default 127.0.0.1, which only this machine can reach. */
  readonly host?: string
  /**
   * What everybody must give, in a header or once in the page: 16 to 512 characters of ASCII without spaces. By default one is made, and
   * is part of `url`. `false`: nobody is asked for one, so that every user of this machine may steer; refused for other hosts.
   */
  readonly token?: string | false
  /** Show and change nothing. Default false. */
  readonly readOnly?: boolean
  /** What the page calls the engine; default its run id. */
  readonly name?: string
  /** Further host names under which the page may be opened, where a proxy or a name server gives it one. */
  readonly allowedHosts?: ReadonlyArray<string>
  /** Address of a WebSocket server on this machine that wants inspection events: `ws://localhost:8080` is Stately's. Needs `ws`. */
  readonly inspectAt?: string
}

/** An open studio. */
export interface Studio {
  /** Where a browser finds it. A token that the studio made is part of it (`?token=…`): who opens it is let in. */
  readonly url: string
  /** What a program sends as `authorization: Bearer …`; null where nobody is asked for one. */
  readonly token: string | null
  /** Ends every connection. Safe to call twice. */
  readonly stop: () => Promise<void>
}
