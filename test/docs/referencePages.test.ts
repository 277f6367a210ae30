/** The code on the reference and explanation pages, as it stands there. */
import { describePages, PAGES } from "./pageCode.ts"

describePages(PAGES.reference)
