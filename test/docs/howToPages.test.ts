/** The code on the how-to pages, as it stands there. */
import { describePages, PAGES } from "./pageCode.ts"

describePages(PAGES.howTo)
