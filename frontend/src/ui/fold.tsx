/** A row that opens. What is inside is drawn, and fetched, once it was opened. */
import { ChevronRight } from "lucide-react";
import { useState, type ReactNode } from "react";
import styles from "./data.module.css";

export function Fold({ summary, isOpen = false, children }: {
  summary: ReactNode;
  isOpen?: boolean;
  children: () => ReactNode;
}) {
  const [open, setOpen] = useState(isOpen);
  const [wasOpen, setWasOpen] = useState(isOpen);
  return (
    <details
      className={styles.fold}
      open={open}
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
        if (event.currentTarget.open) setWasOpen(true);
      }}
    >
      <summary>
        <ChevronRight size={14} aria-hidden />
        {summary}
      </summary>
      {wasOpen && <div>{children()}</div>}
    </details>
  );
}
