/** The look of all pages: neutral greys, one accent, system font, 13 px, a grid of 4 px, no shadows. */
import { createTheme, Modal, Tooltip } from "@mantine/core";

export const theme = createTheme({
  primaryColor: "cyan",
  // White words stand on it in both themes.
  primaryShade: 9,
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif",
  fontSizes: { xs: "11px", sm: "13px", md: "13px", lg: "15px", xl: "18px" },
  spacing: { xs: "4px", sm: "8px", md: "12px", lg: "16px", xl: "24px" },
  headings: { fontWeight: "600", sizes: { h1: { fontSize: "20px" }, h2: { fontSize: "15px" } } },
  defaultRadius: "sm",
  radius: { sm: "4px" },
  shadows: { xs: "none", sm: "none", md: "none", lg: "none", xl: "none" },
  components: {
    // A dialog's header is no second banner of the page.
    Modal: Modal.extend({ defaultProps: { attributes: { header: { role: "none" } }, closeButtonProps: { "aria-label": "Close" } } }),
    Tooltip: Tooltip.extend({ defaultProps: { openDelay: 400, withArrow: false } }),
  },
});
