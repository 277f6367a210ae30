/** How to open a studio, and what is known about an open one. */

/** Options of a studio. */
export interface StudioOptions {
  /** Port to listen on. Default 0: any free port. */
  readonly port?: number
  /** Address to listen on. Default 127.0.0.1, which only this machine can reach. */
  readonly host?: string
  /**
   * The token that clients must send, in a header or once in the page: 16 to 512 ASCII characters without spaces.
   * By default one is generated and is part of `url`. With `false` no token is needed, so every user of this
   * machine can steer; refused for other hosts.
   */
  readonly token?: string | false
  /** Show only, change nothing. Default false. */
  readonly readOnly?: boolean
  /** Name of the engine on the page. Default: its run id. */
  readonly name?: string
  /** Additional host names for the page, for instance behind a proxy. */
  readonly allowedHosts?: ReadonlyArray<string>
  /**
   * Address of a WebSocket server on this machine that receives inspection events; `ws://localhost:8080` is
   * Stately's. Needs `ws`.
   */
  readonly inspectAt?: string
}

/** An open studio. */
export interface Studio {
  /** Its address for a browser. A generated token is part of it (`?token=…`), so anyone with the link can enter. */
  readonly url: string
  /** The token for `authorization: Bearer …`; null if none is needed. */
  readonly token: string | null
  /** Closes all connections. Safe to call twice. */
  readonly stop: () => Promise<void>
}
