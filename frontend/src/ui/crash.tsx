/** Where drawing a page failed: says so with a way on, instead of an empty window. */
import { Button } from "@mantine/core";
import { Component, type ReactNode } from "react";
import styles from "./pages.module.css";

export class CrashBoundary extends Component<{ children: ReactNode }, { error: Error | null }> {
  state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    return (
      <div className={styles.content}>
        <div className={styles.failure} role="alert">
          <strong>This page could not be drawn</strong>
          <p>A part of it could not be fetched or read ({error.message}). Nothing that you did is lost.</p>
          <Button size="xs" variant="default" onClick={() => location.reload()}>
            Load it again
          </Button>
        </div>
      </div>
    );
  }
}
