/** Markdown that people of the project wrote: HTML in it is shown as text, links open a page of their own, and pictures come
 * from this server alone. Headings begin below those of the page around it. */
import Markdown, { type MarkdownToJSX } from "markdown-to-jsx/react";
import { Component, type ComponentProps, type ReactNode } from "react";
import styles from "./markdown.module.css";
import { ownAddress } from "./own-address";

const OPTIONS: MarkdownToJSX.Options = {
  disableParsingRawHTML: true,
  forceBlock: true,
  // Else a heading "root" would take the id of the page's own root.
  slugify: (text) => `guidelines-${text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-")}`,
  overrides: {
    h1: { component: "h3" },
    h2: { component: "h4" },
    h3: { component: "h5" },
    h4: { component: "h6" },
    h5: { component: "h6" },
    a: { component: OutwardLink },
    img: { component: OwnPicture },
    input: { component: TaskMark },
    table: { component: WideTable },
  },
};

export default function MarkdownText({ text }: { text: string }) {
  return (
    <div className={styles.text}>
      <AsWritten key={text} text={text}>
        <Markdown options={OPTIONS}>{text}</Markdown>
      </AsWritten>
    </div>
  );
}

/** What cannot be read as Markdown (nested some thousand deep) is shown as it was written: everything around it goes on. */
class AsWritten extends Component<{ text: string; children: ReactNode }, { failed: boolean }> {
  state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <>
        <p role="status">This cannot be shown as Markdown, so it stands here as it was written.</p>
        <pre>{this.props.text}</pre>
      </>
    );
  }
}

function OutwardLink({ href, title, children }: { href?: string; title?: string; children?: ReactNode }) {
  if (href?.startsWith("#")) return <a href={`#guidelines-${href.slice(1)}`}>{children}</a>;
  return (
    <a href={href} title={title} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  );
}

/** The page's policy lets no other picture in: what cannot be shown is said, with the way to it. */
function OwnPicture({ src = "", alt = "" }: { src?: string; alt?: string }) {
  const own = ownAddress(src);
  if (own !== null) return <img src={own} alt={alt} loading="lazy" />;
  if (!/^https?:/i.test(src)) return <>{alt || "Picture"}</>;
  return (
    <OutwardLink href={src} title="Pictures from elsewhere are not loaded here">
      {alt || "Picture"} (elsewhere)
    </OutwardLink>
  );
}

function TaskMark({ checked }: ComponentProps<"input">) {
  return (
    <span role="img" aria-label={checked ? "done" : "open"}>
      {checked ? "☑ " : "☐ "}
    </span>
  );
}

function WideTable({ children }: { children?: ReactNode }) {
  return (
    <div className={styles.wide} tabIndex={0}>
      <table>{children}</table>
    </div>
  );
}
