/** The code on the front page and the tutorials, as it stands there. */
import { describePages, PAGES } from "./pageCode.ts"

describePages(PAGES.tutorials)
