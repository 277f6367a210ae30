/** VitePress's own theme with the studio's colours, and the statecharts. */
import type { Theme } from "vitepress"
import DefaultTheme from "vitepress/theme"
import Statechart from "./Statechart.vue"
import "./style.css"

// oxlint-disable-next-line import/no-default-export -- VitePress reads it so
export default {
  extends: DefaultTheme,
  enhanceApp: ({ app }) => {
    app.component("Statechart", Statechart)
  },
} satisfies Theme
