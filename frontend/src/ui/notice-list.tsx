/** Sentences about refusals and failures, at the slide's lower left; they go by themselves. */
import { Notification } from "@mantine/core";
import type { Notice } from "../store/notices";
import type { Workspace } from "../workspace";
import { useSignal } from "./use-signal";
import styles from "./workspace.module.css";

const COLOURS: Record<Notice["tone"], string> = { info: "cyan", warning: "yellow", error: "red" };

export function NoticeList({ workspace }: { workspace: Workspace }) {
  const notices = useSignal(workspace.notices.shown);
  return (
    <div className={styles.notices} aria-live="polite">
      {notices.map((notice) => (
        <Notification
          key={notice.id}
          color={COLOURS[notice.tone]}
          withBorder
          closeButtonProps={{ "aria-label": "Dismiss" }}
          onClose={() => workspace.notices.dismiss(notice.id)}
        >
          {notice.words}
        </Notification>
      ))}
    </div>
  );
}
