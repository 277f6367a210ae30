/** The studio over a simulated service, wholly in the browser: the page as it is, with another end to its wire. */
import "./style.css"
import { begin } from "./begin.ts"

begin()
// It asks for everything as it is loaded: by then the wire leads to the engine in this page.
await import("../page/main.ts")
