/** The states of a page that is not there: on its way, or failed, in words with a way on. */
import { Button, Loader } from "@mantine/core";
import type { ApiError } from "../api/rest";
import styles from "./pages.module.css";

export function Waiting({ for: what }: { for: string }) {
  return (
    <div className={styles.empty} role="status" style={{ border: "none" }}>
      <Loader size="xs" mr={8} /> Loading {what} …
    </div>
  );
}

export function Failed({ what, error }: { what: string; error: ApiError }) {
  return (
    <div className={styles.failure} role="alert">
      <strong>{what} could not be loaded</strong>
      <p>{error.message}</p>
      <Button size="xs" variant="default" onClick={() => location.reload()}>
        Try again
      </Button>
    </div>
  );
}
